/** The object directories of a repository: its own, and those it borrows objects from. */

import { bytesOfName, nameOfBytes } from "../bytes/name-text.js";
import { isGitmidxError } from "../core/errors.js";
import { decodeCString } from "./c-string.js";
import type { PackFs } from "./pack-fs.js";
import { realPath, realPathOrNothing, resolveAgainst } from "./paths.js";
import { systemErrorText } from "./system-error.js";

/** What to start from. */
export interface AlternatesRequest {
  /** The repository's own object directory, absolute. */
  readonly objectDirectory: string;
  /** The value of GIT_ALTERNATE_OBJECT_DIRECTORIES: paths with `:` between them. */
  readonly environment?: string | undefined;
  /** What relative paths in `environment` are relative to: the `baseDirectory` of the repository's location. */
  readonly baseDirectory: string;
}

/** The directories that objects may be in. */
export interface ObjectDirectories {
  /** Absolute paths in the order in which git looks: the repository's own first, as given; the others without symbolic links. */
  readonly directories: readonly string[];
  /** What git complains of and goes on, one sentence each, in git's words. */
  readonly warnings: readonly string[];
}

/** How many alternates of alternates git follows. */
const maxDepth = 5;

/**
 * Follows the alternates of an object directory as git does: first those of the environment, then those of `info/alternates`, each with
 * its own alternates behind it. A directory that was there before is left out, so that circles end.
 * @throws GitmidxError with a file system code if the directory above `objectDirectory` does not exist.
 */
export async function objectDirectories(fs: PackFs, request: AlternatesRequest): Promise<ObjectDirectories> {
  const { objectDirectory, environment, baseDirectory } = request;
  const walk = new AlternatesWalk(fs, objectDirectory);
  const texts = parseAlternates(environment ?? "", ":");
  const first = [
    ...(await walk.resolve(texts, baseDirectory, (text) => text)),
    ...(await walk.alternatesOf(objectDirectory)),
  ];
  if (first.length > 0) await walk.seeOwn();
  for (const directory of first) await walk.add(directory, 0);
  return { directories: walk.directories, warnings: walk.warnings };
}

class AlternatesWalk {
  readonly directories: string[];
  readonly warnings: string[] = [];
  readonly #fs: PackFs;
  readonly #seen = new Set<string>();

  constructor(fs: PackFs, objectDirectory: string) {
    this.#fs = fs;
    this.directories = [objectDirectory];
    this.#seen.add(objectDirectory);
  }

  /** Takes care that the repository's own directory, by whatever name, is not listed again. */
  async seeOwn(): Promise<void> {
    this.#seen.add(await realPath(this.#fs, this.directories[0]!));
  }

  /** Adds a directory and, behind it, its alternates. */
  async add(directory: string, depth: number): Promise<void> {
    // the root has lost its only slash by now and is, as in git, no directory
    if (directory === "" || (await this.#fs.stat(directory))?.kind !== "directory") {
      this.warnings.push(`object directory ${directory} does not exist; check .git/objects/info/alternates`);
      return;
    }
    if (this.#seen.has(directory)) return;
    this.#seen.add(directory);
    this.directories.push(directory);
    const further = await this.alternatesOf(directory);
    if (further.length > 0 && depth >= maxDepth) {
      this.warnings.push(`${directory}: ignoring alternate object stores, nesting too deep`);
      return;
    }
    for (const next of further) await this.add(next, depth + 1);
  }

  /** The directories that `info/alternates` names. */
  async alternatesOf(directory: string): Promise<readonly string[]> {
    const file = `${directory}/info/alternates`;
    try {
      return await this.resolve(parseAlternates(decodeCString(await this.#fs.readFile(file)), "\n"), directory);
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      if (error.code !== "not-found") this.warnings.push(`unable to access '${file}': ${systemErrorText(error)}`);
      return [];
    }
  }

  /** The real paths that the entries mean in `base`; `shown` is how a warning names one, as its absolute path unless told otherwise. */
  async resolve(
    texts: readonly string[],
    base: string,
    shown = (_text: string, path: string) => path,
  ): Promise<readonly string[]> {
    if (texts.length === 0) return [];
    const found: string[] = [];
    const realBase = await realPath(this.#fs, base);
    for (const text of texts) {
      const path = resolveAgainst(realBase, text);
      const real = await realPathOrNothing(this.#fs, path);
      if (real === undefined) this.warnings.push(`unable to normalize alternate object path: ${shown(text, path)}`);
      else found.push(real.replace(/\/+$/, ""));
    }
    return found;
  }
}

/** Whether git calls one of these warnings an error, though it goes on. */
export function isAlternatesError(warning: string): boolean {
  return /^unable to normalize alternate object path: |; check \.git\/objects\/info\/alternates$|: ignoring alternate object stores, nesting too deep$/.test(
    warning,
  );
}

/** The entries of a list of alternates; empty ones and, beginning with `#`, comments are left out. */
export function parseAlternates(text: string, separator: ":" | "\n"): readonly string[] {
  const entries: string[] = [];
  for (let at = 0; at < text.length; ) {
    const quoted = text[at] === '"' ? readQuoted(text, at) : undefined;
    const separatorAt = text.indexOf(separator, at);
    const end = quoted?.end ?? (separatorAt < 0 ? text.length : separatorAt);
    const entry = quoted?.text ?? (text[at] === "#" ? "" : text.slice(at, end));
    if (entry !== "") entries.push(entry);
    at = end + 1;
  }
  return entries;
}

/** What a letter after a backslash stands for in quotes. */
const escapes: ReadonlyMap<string, number> = new Map([
  ["a", 0x07],
  ["b", 0x08],
  ["f", 0x0c],
  ["n", 0x0a],
  ["r", 0x0d],
  ["t", 0x09],
  ["v", 0x0b],
  ["\\", 0x5c],
  ['"', 0x22],
]);

const quotedShape = /"([^"\\]*(?:\\(?:[abfnrtv\\"]|[0-3][0-7]{2})[^"\\]*)*)"/y;

/** A path in double quotes, as git quotes odd paths; undefined if it is not one, and `end` behind its last quote. */
function readQuoted(text: string, at: number): { readonly text: string; readonly end: number } | undefined {
  quotedShape.lastIndex = at;
  const quoted = quotedShape.exec(text)?.[1];
  if (quoted === undefined) return undefined;
  const bytes: number[] = [];
  for (const part of quoted.match(/\\[0-7]{3}|\\.|[^\\]+/gs) ?? []) {
    if (part[0] !== "\\") bytes.push(...bytesOfName(part));
    else bytes.push(escapes.get(part[1]!) ?? Number.parseInt(part.slice(1), 8));
  }
  return { text: nameOfBytes(Uint8Array.from(bytes)), end: quotedShape.lastIndex };
}
