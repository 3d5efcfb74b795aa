/** Revisions with a path: `REV:PATH` in a tree, `:PATH` and `:N:PATH` in the index. */

import { GitmidxError } from "../../core/errors.js";
import { indexEntries } from "../../formats/index-file.js";
import { resolveAgainst } from "../../store/paths.js";
import { isFound, type Resolution, type ResolveOptions, type RevisionSource, type Step } from "./revision.js";
import { TreePaths } from "./tree-path.js";

const typeBits = 0o170000;
const directoryType = 0o040000;

/** Resolves them. */
export class FileRevisions {
  readonly #source: RevisionSource;
  readonly #trees: TreePaths;

  constructor(source: RevisionSource) {
    this.#source = source;
    this.#trees = new TreePaths(source);
  }

  /**
   * @param treeish resolves what stands before the colon.
   * @returns undefined for a text without a path, and where `treeish` found nothing.
   */
  async resolve(
    text: string,
    options: ResolveOptions,
    treeish: (text: string) => Promise<Step>,
  ): Promise<Resolution | undefined> {
    if (text.startsWith(":")) return this.#inIndex(text, options);
    const colon = pathColon(text);
    if (colon < 0) return undefined;
    const revision = text.slice(0, colon);
    const tree = await treeish(revision);
    const diagnosed = options.failure === "diagnosis";
    if (!isFound(tree)) {
      if (diagnosed) throw badRevision(`invalid object name '${revision}'.`);
      return undefined;
    }
    const path = this.#relative(text.slice(colon + 1));
    if (options.followSymlinks === true) return this.#trees.follow(tree, path);
    const found = await this.#trees.find(tree, path);
    if (found.outcome !== "found" && diagnosed) {
      if (await this.#isOnDisk(path)) throw badRevision(`path '${path}' exists on disk, but not in '${revision}'`);
      throw badRevision(`path '${path}' does not exist in '${revision}'`);
    }
    return found;
  }

  /** The error for a search through messages. */
  unsupportedSearch(text: string): GitmidxError {
    return new GitmidxError("unsupported", `'${text}': searching commits by their messages is not supported`);
  }

  async #inIndex(text: string, options: ResolveOptions): Promise<Resolution> {
    const diagnosed = options.failure === "diagnosis";
    if (!diagnosed && text.length > 2 && text[1] === "/") throw this.unsupportedSearch(text);
    const staged = /^:([0-3]):(.*)$/s.exec(text);
    const stage = staged === null ? 0 : Number(staged[1]);
    const path = this.#relative(staged === null ? text.slice(1) : staged[2]!);
    for (const entry of await this.#entriesOf(path)) {
      if (entry.stage !== stage) continue;
      if ((entry.mode & typeBits) === directoryType) break;
      return { outcome: "found", oid: entry.oid, mode: entry.mode, path };
    }
    if (diagnosed && text.length > 1 && text[1] !== "/") throw await this.#indexDiagnosis(path, stage);
    return { outcome: "missing" };
  }

  async #indexDiagnosis(path: string, stage: number): Promise<GitmidxError> {
    const other = (await this.#entriesOf(path))[0];
    if (other !== undefined) {
      const hint = `hint: Did you mean ':${other.stage}:${path}'?`;
      return badRevision(`path '${path}' is in the index, but not at stage ${stage}\n${hint}`);
    }
    if (await this.#isOnDisk(path)) return badRevision(`path '${path}' exists on disk, but not in the index`);
    return badRevision(`path '${path}' does not exist (neither on disk nor in the index)`);
  }

  async #entriesOf(path: string) {
    const { fs, places, format } = this.#source;
    const file =
      places.indexFile === undefined
        ? `${places.gitDir}/index`
        : resolveAgainst(places.baseDirectory, places.indexFile);
    if ((await fs.stat(file))?.kind !== "file") return [];
    return [...indexEntries(file, await fs.readFile(file), format)].filter(({ name }) => name === path);
  }

  async #isOnDisk(path: string): Promise<boolean> {
    const { fs, places } = this.#source;
    if (path === "") return false;
    return (await fs.lstat(resolveAgainst(places.baseDirectory, path))) !== undefined;
  }

  /** A path that begins with `./` or `../` is relative to where the process is. */
  #relative(path: string): string {
    if (!path.startsWith("./") && !path.startsWith("../")) return path;
    const { workTree, cwd = this.#source.places.baseDirectory } = this.#source.places;
    if (workTree === undefined || (cwd !== workTree && !cwd.startsWith(`${workTree}/`))) {
      throw badRevision("relative path syntax can't be used outside working tree");
    }
    const parts: string[] = [];
    for (const part of [...cwd.slice(workTree.length).split("/"), ...path.split("/")]) {
      if (part === "" || part === ".") continue;
      if (part !== "..") parts.push(part);
      else if (parts.pop() === undefined) throw badRevision(`'${path}' is outside repository at '${workTree}'`);
    }
    return parts.join("/") + (path.endsWith("/") && parts.length > 0 ? "/" : "");
  }
}

/** Where the path of a revision begins: its first colon outside of braces; −1 without one. */
function pathColon(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if ((text[at] === "@" || text[at] === "^") && text[at + 1] === "{") {
      at++;
      depth++;
    } else if (depth > 0 && text[at] === "}") depth--;
    else if (depth === 0 && text[at] === ":") return at;
  }
  return -1;
}

function badRevision(message: string): GitmidxError {
  return new GitmidxError("bad-revision", message);
}
