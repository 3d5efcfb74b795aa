/** What a repository says of its own format: `core.repositoryFormatVersion` and `extensions.*`. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { type ObjectFormat, objectFormatByName, sha1 } from "../../core/oid.js";
import { boolOf, type ConfigEntry, intOf } from "../config/git-config.js";
import { badConfigLine, parseConfig } from "../config/parse.js";
import type { PackFs } from "../pack-fs.js";

/** How refs are kept. */
export type RefStorage = "files" | "reftable";

/** The format of a repository, as its own config file alone says it. */
export interface RepositoryFormat {
  /** 0 or 1; −1 where the file does not say, which counts as 0 with no extensions. */
  readonly version: number;
  readonly objectFormat: ObjectFormat;
  /** The second hash function by which objects are known too. */
  readonly compatObjectFormat: ObjectFormat | undefined;
  readonly refStorage: RefStorage;
  /** The remote that a partial clone fetches missing objects from. */
  readonly partialClone: string | undefined;
  /** Whether objects must never be removed. */
  readonly preciousObjects: boolean;
  /** Whether worktrees have a `config.worktree`. */
  readonly worktreeConfig: boolean;
  readonly relativeWorktrees: boolean;
  readonly submodulePathConfig: boolean;
  /** `core.bare`; undefined where it is not set. */
  readonly bare: boolean | undefined;
  /** `core.worktree` as it stands. */
  readonly workTree: string | undefined;
}

type Draft = { -readonly [K in keyof RepositoryFormat]: RepositoryFormat[K] } & {
  readonly unknown: string[];
  readonly versionOneOnly: string[];
};

/** The newest version that git, and we, read. */
const maxVersion = 1;

function freshDraft(): Draft {
  return {
    version: -1,
    objectFormat: sha1,
    compatObjectFormat: undefined,
    refStorage: "files",
    partialClone: undefined,
    preciousObjects: false,
    worktreeConfig: false,
    relativeWorktrees: false,
    submodulePathConfig: false,
    bare: undefined,
    workTree: undefined,
    unknown: [],
    versionOneOnly: [],
  };
}

/**
 * Reads the format from a config file, without its includes; a file that is not there says nothing.
 * @throws GitmidxError `bad-config`; `unsupported-repository` for a version or an extension that we do not know.
 */
export async function readRepositoryFormat(fs: PackFs, file: string): Promise<RepositoryFormat> {
  let draft = freshDraft();
  for await (const entry of entriesOfFile(fs, file)) applyEntry(draft, entry);
  if (draft.version === -1) draft = freshDraft();
  checkSupported(draft, file);
  const { unknown: _unknown, versionOneOnly: _versionOneOnly, ...format } = draft;
  return format;
}

/** `core.bare` and `core.worktree` of a worktree's own config file, over those of `format`. @throws GitmidxError `bad-config` */
export async function withWorktreeConfig(
  fs: PackFs,
  format: RepositoryFormat,
  file: string,
): Promise<RepositoryFormat> {
  const draft = { ...freshDraft(), ...format };
  for await (const entry of entriesOfFile(fs, file)) applyWorktreeEntry(draft, entry);
  return { ...format, bare: draft.bare, workTree: draft.workTree };
}

async function* entriesOfFile(fs: PackFs, file: string): AsyncGenerator<ConfigEntry, void, undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await fs.readFile(file);
  } catch (error) {
    // git goes on without a config that it cannot open; reading the whole configuration afterwards says what is wrong with it
    if (!isGitmidxError(error)) throw error;
    return;
  }
  for (const { key, value, line } of parseConfig(bytes, file)) {
    yield { key, value, origin: { scope: "local", file, line } };
  }
}

function refuse(entry: ConfigEntry, reason: string): GitmidxError {
  return badConfigLine(entry.origin.file ?? "", entry.origin.line ?? 0, reason);
}

/** The value of an entry that must have one. */
function valueIn(entry: ConfigEntry): string {
  if (entry.value === undefined) throw refuse(entry, `missing value for '${entry.key}'`);
  return entry.value;
}

function applyEntry(draft: Draft, entry: ConfigEntry): void {
  const prefix = "extensions.";
  if (entry.key === "core.repositoryformatversion") draft.version = intOf(entry);
  if (!entry.key.startsWith(prefix)) {
    applyWorktreeEntry(draft, entry);
    return;
  }
  const extension = entry.key.slice(prefix.length);
  const old = extensionsOfVersion0.get(extension);
  const recent = extensionsOfVersion1.get(extension);
  if (old !== undefined) {
    old(draft, entry);
  } else if (recent !== undefined) {
    recent(draft, entry);
    draft.versionOneOnly.push(extension);
  } else {
    draft.unknown.push(extension);
  }
}

function applyWorktreeEntry(draft: Draft, entry: ConfigEntry): void {
  if (entry.key === "core.bare") draft.bare = boolOf(entry);
  else if (entry.key === "core.worktree") draft.workTree = valueIn(entry);
}

type ApplyExtension = (draft: Draft, entry: ConfigEntry) => void;

/** Extensions that are honoured whatever the version. */
const extensionsOfVersion0: ReadonlyMap<string, ApplyExtension> = new Map<string, ApplyExtension>([
  ["noop", () => {}],
  ["preciousobjects", (draft, entry) => void (draft.preciousObjects = boolOf(entry))],
  ["partialclone", (draft, entry) => void (draft.partialClone = valueIn(entry))],
  ["worktreeconfig", (draft, entry) => void (draft.worktreeConfig = boolOf(entry))],
]);

/** Extensions that need version 1. */
const extensionsOfVersion1: ReadonlyMap<string, ApplyExtension> = new Map<string, ApplyExtension>([
  ["noop-v1", () => {}],
  ["objectformat", (draft, entry) => void (draft.objectFormat = objectFormatOf(entry))],
  ["compatobjectformat", applyCompatObjectFormat],
  ["refstorage", (draft, entry) => void (draft.refStorage = refStorageOf(entry))],
  ["relativeworktrees", (draft, entry) => void (draft.relativeWorktrees = boolOf(entry))],
  ["submodulepathconfig", (draft, entry) => void (draft.submodulePathConfig = boolOf(entry))],
]);

function objectFormatOf(entry: ConfigEntry): ObjectFormat {
  const name = valueIn(entry);
  const format = objectFormatByName(name);
  if (format === undefined) throw refuse(entry, `invalid value for '${entry.key}': '${name}'`);
  return format;
}

function applyCompatObjectFormat(draft: Draft, entry: ConfigEntry): void {
  const format = objectFormatOf(entry);
  if (draft.versionOneOnly.includes("compatobjectformat")) {
    throw refuse(entry, `'${entry.key}' already specified as '${draft.compatObjectFormat?.name}'`);
  }
  draft.compatObjectFormat = format;
}

/** The way of keeping refs that a value such as `reftable` or `files:///path` names. */
export function parseRefStorage(value: string): RefStorage | undefined {
  const separator = value.indexOf("://");
  const name = separator < 0 ? value : value.slice(0, separator);
  return name === "files" || name === "reftable" ? name : undefined;
}

function refStorageOf(entry: ConfigEntry): RefStorage {
  const value = valueIn(entry);
  const storage = parseRefStorage(value);
  if (storage === undefined) throw refuse(entry, `invalid value for '${entry.key}': '${value}'`);
  return storage;
}

function checkSupported(draft: Draft, file: string): void {
  const { version, unknown, versionOneOnly } = draft;
  const plural = (names: readonly string[]) => (names.length === 1 ? "extension" : "extensions");
  const list = (names: readonly string[]) => names.map((name) => `\n\t${name}`).join("");
  if (version > maxVersion) {
    throw unsupported(`Expected git repo version <= ${maxVersion}, found ${version}`, file);
  }
  if (version >= 1 && unknown.length > 0) {
    throw unsupported(`unknown repository ${plural(unknown)} found:${list(unknown)}`, file);
  }
  if (version === 0 && versionOneOnly.length > 0) {
    const found = `repo version is 0, but v1-only ${plural(versionOneOnly)} found:`;
    throw unsupported(found + list(versionOneOnly), file);
  }
}

function unsupported(message: string, file: string): GitmidxError {
  return new GitmidxError("unsupported-repository", message, { path: file });
}
