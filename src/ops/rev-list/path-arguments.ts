/** Arguments that are paths, or might be: git limits walks to what changed there, we do not. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { PackFs } from "../../store/pack-fs.js";
import { resolveAgainst } from "../../store/paths.js";
import type { RevisionResolver } from "../resolve-revision/resolver.js";

/** Where paths are looked for. */
export interface PathPlaces {
  readonly fs: PackFs;
  readonly gitDir: string;
  readonly workTree: string | undefined;
  /** The process's directory. */
  readonly cwd: string;
}

const separators =
  "Use '--' to separate paths from revisions, like this:\n'git <command> [<revision>...] -- [<file>...]'";

/** Tells paths from revisions as git does. */
export class PathArguments {
  readonly #places: PathPlaces;
  readonly #resolver: RevisionResolver;

  constructor(places: PathPlaces, resolver: RevisionResolver) {
    this.#places = places;
    this.#resolver = resolver;
  }

  /** @throws GitmidxError `bad-revision` if a revision is a file's name too */
  async checkIsNone(text: string): Promise<void> {
    const { workTree, gitDir, cwd } = this.#places;
    if (workTree === undefined || !isInside(cwd, workTree) || isInside(cwd, gitDir)) return;
    if (text.startsWith("-") || !(await this.#isFile(text))) return;
    throw new GitmidxError("bad-revision", `ambiguous argument '${text}': both revision and filename\n${separators}`);
  }

  /** The error for arguments of which the first is no revision, and all should be paths then. */
  async refusal(texts: readonly string[]): Promise<GitmidxError> {
    for (const [i, text] of texts.entries()) {
      if (text.startsWith("-")) {
        return new GitmidxError("bad-revision", `option '${text}' must come before non-option arguments`);
      }
      const isPath = hasWildcard(text) || text.startsWith(":(") || (await this.#isFile(text));
      if (isPath) continue;
      if (i > 0) {
        const hint = "Use 'git <command> -- <path>...' to specify paths that do not exist locally.";
        return new GitmidxError("bad-revision", `${text}: no such path in the working tree.\n${hint}`);
      }
      if (!/^:[^0-9A-Za-z]/.test(text) && text !== ":") {
        const diagnosis = await this.#diagnosis(text);
        if (diagnosis !== undefined) return diagnosis;
      }
      const what = "unknown revision or path not in the working tree.";
      return new GitmidxError("bad-revision", `ambiguous argument '${text}': ${what}\n${separators}`);
    }
    return this.unsupported();
  }

  /** The error for paths. */
  unsupported(): GitmidxError {
    return new GitmidxError("unsupported", "limiting a walk to paths is not supported");
  }

  async #diagnosis(text: string): Promise<GitmidxError | undefined> {
    try {
      await this.#resolver.resolve(text, { failure: "diagnosis" });
      return undefined;
    } catch (error) {
      if (isGitmidxError(error, "bad-revision")) return error;
      throw error;
    }
  }

  async #isFile(text: string): Promise<boolean> {
    const { fs, workTree, cwd } = this.#places;
    let path = text;
    let base = cwd;
    if (path.startsWith(":/")) {
      if (path === ":/") return true;
      path = path.slice(2);
      base = workTree ?? cwd;
    } else if (/^:[!^]/.test(path)) {
      if (path.length === 2) return true;
      path = path.slice(2);
    }
    if (path === "") return false;
    return (await fs.lstat(resolveAgainst(base, path)).catch(() => undefined)) !== undefined;
  }
}

function isInside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}

/** Whether the text has a wildcard without a backslash before it. */
function hasWildcard(text: string): boolean {
  return /[*?[]/.test(text.replace(/\\./gs, ""));
}
