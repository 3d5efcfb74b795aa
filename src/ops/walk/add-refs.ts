/** Refs as places to begin a walk at: `--all`, `--reflog`. */

import { bytesOfName, compareNames } from "../../bytes/name-text.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { wildmatch } from "../../store/config/wildmatch.js";
import type { PackFs } from "../../store/pack-fs.js";
import { type RefLocation, RefStore } from "../../store/refs/ref-store.js";
import type { AskOid } from "./parent-links.js";
import type { PendingObjects } from "./pending.js";

/** Where refs and worktrees are. */
export interface RefPlace extends RefLocation {
  readonly gitDir: string;
  readonly commonDir: string;
}

/** What to do about refs to objects that are not there. */
export interface AddRefsOptions {
  /** Marks that the objects get. */
  readonly marks?: number | undefined;
  /** Whether an object is promised: then it may be missing. */
  readonly isPromised?: AskOid | undefined;
  readonly warn?: ((message: string) => void) | undefined;
  /** `--ignore-missing`: what is missing is passed over. */
  readonly ignoreMissing?: boolean | undefined;
  /** `--missing`: rows of objects that are missing are added to it. */
  readonly missing?: Set<number> | undefined;
  /** Whether a ref is left out; it is asked under the name that it is listed with. */
  readonly isExcluded?: ((name: string) => boolean) | undefined;
}

/** Which refs are added: all that begin with `prefix`, which is no part of their names then, and match `pattern`. */
export interface RefRange {
  readonly prefix: string;
  /** A pattern for full names, as `wildmatch` takes it. */
  readonly pattern?: string | undefined;
  /** Whether the prefix is a part of the names nevertheless. */
  readonly keepsPrefix?: boolean | undefined;
}

/**
 * Adds what all refs name, then HEAD, then the HEADs of other worktrees, as `--all` does.
 * @throws GitmidxError `missing-object`: `bad object <ref>`, also for a ref that cannot be read
 */
export async function addAllRefs(
  pending: PendingObjects,
  fs: PackFs,
  place: RefPlace,
  options: AddRefsOptions = {},
  onlyThisWorktree = false,
): Promise<void> {
  const refs = RefStore.open(fs, place);
  await addRefs(pending, refs, { prefix: "refs/", keepsPrefix: true }, options);
  const head = await refs.resolve("HEAD");
  if (head !== undefined) await addRef(pending, "HEAD", head.oid, options);
  if (onlyThisWorktree) return;
  for (const prefix of await otherWorktrees(fs, place)) {
    const other = await refs.resolve(`${prefix}HEAD`);
    if (other !== undefined) await addRef(pending, "HEAD", other.oid, options);
  }
}

/** Adds what some refs name, in their order: `--branches`, `--tags`, `--remotes`, `--glob`. @throws as {@link addAllRefs} */
export async function addRefs(
  pending: PendingObjects,
  refs: RefStore,
  { prefix, pattern, keepsPrefix }: RefRange,
  options: AddRefsOptions = {},
): Promise<void> {
  for (const { name, oid } of await refs.list(prefix, { broken: true })) {
    if (pattern !== undefined && !wildmatch(pattern, name, { ignoreCase: false, acrossSlashes: true })) continue;
    const listed = keepsPrefix === true ? name : name.slice(prefix.length);
    if (oid !== undefined) await addRef(pending, listed, oid, options);
    // A symbolic ref may lead nowhere yet. Whatever else names no object has lost it: who packs what refs reach must hear of that.
    else if ((await refs.read(name))?.kind !== "symbolic") throw badObject(listed);
  }
}

async function addRef(pending: PendingObjects, name: string, oid: Uint8Array, options: AddRefsOptions): Promise<void> {
  if (options.isExcluded?.(name) !== true) await addId(pending, name, oid, options);
}

/** Adds what a ref names. @throws GitmidxError `missing-object`: `bad object <name>` */
export async function addId(
  pending: PendingObjects,
  name: string,
  oid: Uint8Array,
  { marks = 0, isPromised, ignoreMissing, missing }: AddRefsOptions,
): Promise<void> {
  const { graph } = pending;
  const row = await graph.object(oid);
  if (row >= 0) return pending.addGiven(row, bytesOfName(name), marks);
  if (ignoreMissing === true || (await isPromised?.(oid)) === true) return;
  if (missing === undefined) throw badObject(name);
  missing.add(graph.objects.row(oid));
}

function badObject(name: string): GitmidxError {
  return new GitmidxError("missing-object", `bad object ${name}`);
}

/** How refs of the other worktrees are named from here: `worktrees/ID/`, and `main-worktree/` in a linked one. */
async function otherWorktrees(fs: PackFs, { gitDir, commonDir }: RefPlace): Promise<readonly string[]> {
  const prefixes: string[] = gitDir === commonDir ? [] : ["main-worktree/"];
  for (const { name } of await entries(fs, `${commonDir}/worktrees`)) {
    const own = `${commonDir}/worktrees/${name}`;
    if (own !== gitDir && (await fs.stat(`${own}/gitdir`)) !== undefined) prefixes.push(`worktrees/${name}/`);
  }
  return prefixes;
}

async function entries(fs: PackFs, path: string) {
  try {
    return await fs.list(path);
  } catch (error) {
    if (isGitmidxError(error, "not-found")) return [];
    throw error;
  }
}

/** Adds what the logs of all refs name, as `--reflog` does; objects that are gone are a warning. */
export async function addReflogs(
  pending: PendingObjects,
  fs: PackFs,
  place: RefPlace,
  options: AddRefsOptions = {},
  onlyThisWorktree = false,
): Promise<void> {
  const refs = RefStore.open(fs, place);
  const logs = new Set<string>();
  for (const directory of new Set([place.gitDir, place.commonDir])) {
    for (const name of await refs.logNames(directory)) logs.add(name);
  }
  const names = [...logs].sort(compareNames);
  for (const prefix of onlyThisWorktree ? [] : await otherWorktrees(fs, place)) {
    const directory = prefix === "main-worktree/" ? place.commonDir : `${place.commonDir}/${prefix.slice(0, -1)}`;
    for (const name of await refs.logNames(directory)) {
      if (!name.startsWith("refs/") || /^refs\/(?:bisect|worktree|rewritten)\//.test(name)) names.push(prefix + name);
    }
  }
  for (const name of names) await addReflog(pending, refs, name, options);
}

async function addReflog(
  pending: PendingObjects,
  refs: RefStore,
  name: string,
  { marks = 0, warn }: AddRefsOptions,
): Promise<void> {
  let warned = false;
  for (const { oldOid, newOid } of (await refs.reflog(name)) ?? []) {
    for (const oid of [oldOid, newOid]) {
      if (/^0+$/.test(toHex(oid))) continue;
      const row = await pending.graph.object(oid);
      if (row >= 0) {
        pending.graph.objects.mark(row, marks);
        pending.add(row);
      } else if (!warned) {
        warned = true;
        warn?.(`reflog of '${name}' references pruned commits`);
      }
    }
  }
}
