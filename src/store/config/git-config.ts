/** A repository's configuration as read from all its places: look up variables, with git's types and git's error messages. */

import { GitmidxError } from "../../core/errors.js";
import { parseKey } from "./key.js";
import { type NumberFault, parseBoolWord, parseDouble, parseMaybeBool, parseSigned, parseUnsigned } from "./values.js";

/** Which of git's places a value comes from, from the weakest to the strongest. */
export type ConfigScope = "system" | "global" | "local" | "worktree" | "command";

/** Where a value stands. */
export interface ConfigOrigin {
  readonly scope: ConfigScope;
  /** The file's path as git would print it; undefined for the command line and the environment. */
  readonly file: string | undefined;
  /** Line in the file, from 1, on which the value ends; undefined where there is no file. */
  readonly line: number | undefined;
}

/** One value of one variable. */
export interface ConfigEntry {
  /** Section and name in lower case, the subsection as it stands. */
  readonly key: string;
  /** Undefined for a variable that stands there without `=`, which as a boolean is true. */
  readonly value: string | undefined;
  readonly origin: ConfigOrigin;
}

/** A value that is a boolean or a number: `index.threads`, `pack.threads`. */
export type BoolOrInt = boolean | number;

const maxInt32 = (1n << 31n) - 1n;
const maxUint32 = (1n << 32n) - 1n;
const maxInt64 = (1n << 63n) - 1n;
const maxUint64 = (1n << 64n) - 1n;

/**
 * All values of all variables, in the order in which git reads them. Keys may be given in any case: `core.multiPackIndex`.
 * Bytes that are not UTF-8 stand as `bytes/name-text.ts` writes them, so that paths lead where git's do.
 */
export class GitConfig {
  /** Every value, in git's order: later ones win. */
  readonly entries: readonly ConfigEntry[];
  /** What git would warn of while reading, one sentence each. */
  readonly warnings: readonly string[];
  readonly #byKey = new Map<string, ConfigEntry[]>();

  constructor(entries: readonly ConfigEntry[], warnings: readonly string[] = []) {
    this.entries = entries;
    this.warnings = warnings;
    for (const entry of entries) {
      const same = this.#byKey.get(entry.key);
      if (same === undefined) this.#byKey.set(entry.key, [entry]);
      else same.push(entry);
    }
  }

  /** Every entry of a variable, weakest first. @throws TypeError for a text that is no key. */
  entriesOf(key: string): readonly ConfigEntry[] {
    const canonical = parseKey(key);
    if (typeof canonical !== "string") throw new TypeError(canonical.fault);
    return this.#byKey.get(canonical) ?? [];
  }

  /** The entry that wins, or undefined if the variable is not set. */
  entry(key: string): ConfigEntry | undefined {
    return this.entriesOf(key).at(-1);
  }

  /** Whether the variable is set anywhere, with or without a value. */
  has(key: string): boolean {
    return this.entry(key) !== undefined;
  }

  /**
   * The value as text; undefined if the variable is not set.
   * @throws GitmidxError `bad-config` if it is set without a value.
   */
  get(key: string): string | undefined {
    const entry = this.entry(key);
    return entry === undefined ? undefined : requireValue(entry);
  }

  /**
   * Every value of the variable, weakest first.
   * @throws GitmidxError `bad-config` if one is set without a value.
   */
  getAll(key: string): readonly string[] {
    return this.entriesOf(key).map(requireValue);
  }

  /** A boolean: `true`, `yes`, `on`, no value at all, `false`, `no`, `off`, an empty value or a number. @throws GitmidxError `bad-config` */
  bool(key: string): boolean | undefined {
    const entry = this.entry(key);
    return entry === undefined ? undefined : boolOf(entry);
  }

  /** A boolean, or the text itself where it is none: for variables such as `pack.allowPackReuse`. */
  boolOrText(key: string): boolean | string | undefined {
    const entry = this.entry(key);
    return entry === undefined ? undefined : (parseMaybeBool(entry.value) ?? entry.value);
  }

  /** A number from −2^31 to 2^31 − 1, with an optional unit `k`, `m` or `g`. @throws GitmidxError `bad-config` */
  int(key: string): number | undefined {
    return this.#number(key, parseSigned, maxInt32);
  }

  /** A number from 0 to 2^32 − 1, with an optional unit. @throws GitmidxError `bad-config` */
  uint(key: string): number | undefined {
    return this.#number(key, parseUnsigned, maxUint32);
  }

  /** A number from −2^63 to 2^63 − 1, rounded beyond ±2^53, with an optional unit. @throws GitmidxError `bad-config` */
  int64(key: string): number | undefined {
    return this.#number(key, parseSigned, maxInt64);
  }

  /** A number from 0 to 2^64 − 1, rounded beyond 2^53, with an optional unit: sizes. @throws GitmidxError `bad-config` */
  uint64(key: string): number | undefined {
    return this.#number(key, parseUnsigned, maxUint64);
  }

  /** A boolean word (or no value at all) as a boolean, a number as a number. @throws GitmidxError `bad-config` */
  boolOrInt(key: string): BoolOrInt | undefined {
    return parseBoolWord(this.entry(key)?.value) === undefined || !this.has(key) ? this.int(key) : this.bool(key);
  }

  #number(
    key: string,
    parse: (text: string | undefined, max: bigint) => bigint | NumberFault,
    max: bigint,
  ): number | undefined {
    const entry = this.entry(key);
    if (entry === undefined) return undefined;
    const number = parse(entry.value, max);
    if (typeof number === "string") throw badNumber(entry, number);
    return Number(number);
  }
}

/** The value of an entry. @throws GitmidxError `bad-config` if it has none. */
export function requireValue(entry: ConfigEntry): string {
  if (entry.value !== undefined) return entry.value;
  throw badVariable(entry, `missing value for '${entry.key}'`);
}

/** The boolean that an entry holds. @throws GitmidxError `bad-config` if it holds none. */
export function boolOf(entry: ConfigEntry): boolean {
  const value = parseMaybeBool(entry.value);
  if (value !== undefined) return value;
  throw new GitmidxError("bad-config", `bad boolean config value '${entry.value}' for '${entry.key}'`, {
    path: entry.origin.file,
  });
}

/** The 32-bit number that an entry holds. @throws GitmidxError `bad-config` if it holds none. */
export function intOf(entry: ConfigEntry): number {
  const number = parseSigned(entry.value, maxInt32);
  if (typeof number === "string") throw badNumber(entry, number);
  return Number(number);
}

/** The number that an entry holds, with a point or without, and with an optional unit. @throws GitmidxError `bad-config` if it holds none. */
export function doubleOf(entry: ConfigEntry): number {
  const number = parseDouble(entry.value);
  if (typeof number === "string") throw badNumber(entry, number);
  return number;
}

/**
 * The error for a value that its reader cannot use: git's line that names variable, file and line, then the reader's reason.
 * For values whose meaning is the caller's business, such as `core.fsyncMethod`.
 */
export function badVariable(entry: ConfigEntry, reason: string): GitmidxError {
  const { file, line } = entry.origin;
  const place =
    file === undefined
      ? `unable to parse '${entry.key}' from command-line config`
      : `bad config variable '${entry.key}' in file '${file}' at line ${line}`;
  return new GitmidxError("bad-config", `${place}\n${reason}`, { path: file });
}

function badNumber(entry: ConfigEntry, fault: NumberFault): GitmidxError {
  const { file } = entry.origin;
  const place = file === undefined ? "" : ` in file ${file}`;
  const message = `bad numeric config value '${entry.value ?? ""}' for '${entry.key}'${place}: ${fault}`;
  return new GitmidxError("bad-config", message, { path: file });
}
