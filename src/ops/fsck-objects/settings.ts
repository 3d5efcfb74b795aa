/** How objects are checked: git's `--strict=<msg-id>=<severity>…`, which is also how it hands on `receive.fsck.*` and `fetch.fsck.*`. */

import { nameOfBytes } from "../../bytes/name-text.js";
import { GitmidxError } from "../../core/errors.js";
import { isHex, type ObjectFormat } from "../../core/oid.js";
import { parseSigned } from "../../store/config/values.js";
import type { PackFs } from "../../store/pack-fs.js";
import { type FsckMessageId, type FsckSeverity, fsckMessageId, fsckMessages } from "./messages.js";

/** How objects are checked: plain data, which can be sent to a worker. */
export interface FsckSettings {
  /** Whether warnings count as errors. Default true, as in index-pack and unpack-objects. */
  readonly strict?: boolean | undefined;
  /** Severities that differ from git's. They are taken as they are: `strict` does not raise them. */
  readonly severities?: Readonly<Partial<Record<FsckMessageId, FsckSeverity>>> | undefined;
  /** Objects of which nothing is said: ids in lower-case hex. */
  readonly skipped?: readonly string[] | undefined;
  /** Bytes that a name in a tree may have. Default 4096. */
  readonly maxNameByteLength?: number | undefined;
  /**
   * Whether a `.gitmodules` that is missing is to be listed rather than reported, as index-pack does for its caller, who may fetch it: the
   * finding's severity is then `list`. Default false.
   */
  readonly listMissingGitmodules?: boolean | undefined;
}

export const defaultMaxNameByteLength = 4096;

/** Reads files on the lists' paths. */
export interface SkipListReading {
  readonly fs: PackFs;
  readonly format: ObjectFormat;
  /** The absolute path of a path as given. */
  resolve(path: string): string;
}

interface Draft {
  severities: Partial<Record<FsckMessageId, FsckSeverity>>;
  skipped: string[];
  maxNameByteLength: number;
}

const maxInt64 = (1n << 63n) - 1n;

/**
 * Reads what stands behind `--strict=`: `<msg-id>=<severity>` or `skiplist=<path>`, with commas, blanks or `|` between them.
 * @throws GitmidxError `bad-config`, in git's words
 */
export async function parseFsckSettings(values: string, reading: SkipListReading): Promise<FsckSettings> {
  const draft: Draft = { severities: {}, skipped: [], maxNameByteLength: defaultMaxNameByteLength };
  for (const word of values.split(/[ ,|]/)) {
    if (word === "") continue;
    const [, given, value] = /^([^=:]*)(?:[=:](.*))?$/s.exec(word)!;
    const name = given!.toLowerCase();
    if (name === "skiplist") {
      if (value === undefined) throw badSetting("skiplist requires a path");
      draft.skipped.push(...(await readSkipList(value, reading)));
    } else if (value === undefined) throw badSetting(`Missing '=': '${name}'`);
    else setSeverity(draft, name, value);
  }
  return draft;
}

function badSetting(message: string): GitmidxError {
  return new GitmidxError("bad-config", message);
}

function setSeverity(draft: Draft, name: string, value: string): void {
  const id = fsckMessageId(name);
  if (id === undefined) throw badSetting(`Unhandled message id: ${name}`);
  let severityName = value;
  const colon = value.indexOf(":");
  if (id === "largePathname" && colon >= 0) {
    severityName = value.slice(0, colon);
    const length = parseSigned(value.slice(colon + 1), maxInt64);
    if (typeof length !== "bigint") throw badSetting(`unable to parse max tree entry len: ${value.slice(colon + 1)}`);
    draft.maxNameByteLength = Number(length);
  }
  const severity = parseSeverity(severityName);
  if (severity !== "error" && fsckMessages[id] === "fatal")
    throw badSetting(`Cannot demote ${name} to ${severityName}`);
  draft.severities[id] = severity;
}

function parseSeverity(text: string): FsckSeverity {
  if (text === "error" || text === "warn" || text === "ignore") return text;
  throw badSetting(`Unknown fsck message type: '${text}'`);
}

async function readSkipList(path: string, { fs, format, resolve }: SkipListReading): Promise<string[]> {
  let bytes: Uint8Array;
  try {
    bytes = await fs.readFile(resolve(path));
  } catch (error) {
    throw new GitmidxError("bad-config", `could not open object name list: ${path}`, { path, cause: error });
  }
  const ids: string[] = [];
  for (const line of nameOfBytes(bytes).split("\n")) {
    const name = line.split("#", 1)[0]!.trim();
    if (name === "") continue;
    if (name.length !== format.hexLength || !isHex(name)) throw badSetting(`invalid object name: ${name}`);
    ids.push(name.toLowerCase());
  }
  return ids;
}
