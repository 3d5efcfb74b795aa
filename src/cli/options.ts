/**
 * Reads a command's options as git's parse-options does: unique abbreviations, `--no-`, `--x=V` and `--x V`, clusters of short
 * options, options after arguments, `--`. The outcome is the same command line in one plain spelling, which `option-values.ts`
 * turns into values.
 */

import type { OptionRow, OptionTable } from "./command.js";
import { UsageError } from "./complaint.js";

/** A command line in one plain spelling. */
export interface PlainCommandLine {
  /** Options only, as `--long`, `--no-long` (flags and optional values) or `--long=value`, less those that a later `--no-` took back. */
  readonly tokens: readonly string[];
  readonly args: readonly string[];
}

interface LongName {
  /** The option's own name, or one of its aliases. */
  readonly spelled: string;
  readonly name: string;
  readonly row: OptionRow;
}

interface Match {
  readonly long: LongName;
  readonly negated: boolean;
}

/** Every long name of a table, aliases after their option, in the order of the table. */
function longNames(table: OptionTable): LongName[] {
  return Object.entries(table).flatMap(([name, row]) =>
    [name, ...(row.aliases ?? [])].map((spelled) => ({ spelled, name, row })),
  );
}

/** How `-h` and completion order and spell a table: each long name, and of which option it is an alias. */
export function spelledOptions(
  table: OptionTable,
): { readonly spelled: string; readonly row: OptionRow; readonly aliasOf: string | undefined }[] {
  return longNames(table).map(({ spelled, name, row }) => ({
    spelled,
    row,
    aliasOf: spelled === name ? undefined : name,
  }));
}

/**
 * Reads `words`, everything after the command's name.
 * @throws UsageError with git's messages for git's reasons, and for `-h`, `--help` and `--help-all`.
 */
export function readCommandLine(table: OptionTable, words: readonly string[]): PlainCommandLine {
  if (words.length === 1 && words[0] === "-h") throw new UsageError("", "stdout");
  const reader = new OptionReader(table, words);
  const args: string[] = [];
  for (let word = reader.next(); word !== undefined; word = reader.next()) {
    if (word === "--" || word === "--end-of-options") {
      args.push(...reader.rest());
    } else if (!word.startsWith("-") || word === "-") {
      args.push(word);
    } else if (word.startsWith("--")) {
      reader.readLong(word.slice(2));
    } else {
      reader.readCluster(word);
    }
  }
  return { tokens: reader.tokens, args };
}

class OptionReader {
  readonly tokens: string[] = [];
  readonly #names: readonly LongName[];
  /** Of each mode and each `onlyOne` what was given last, as it is spelled. */
  readonly #exclusive = new Map<string, string>();
  readonly #words: readonly string[];
  #position = 0;

  constructor(table: OptionTable, words: readonly string[]) {
    this.#names = longNames(table);
    this.#words = words;
  }

  next(): string | undefined {
    return this.#words[this.#position++];
  }

  rest(): readonly string[] {
    const rest = this.#words.slice(this.#position);
    this.#position = this.#words.length;
    return rest;
  }

  /** Reads `--TEXT`. */
  readLong(text: string): void {
    if (text === "help") throw new UsageError("", "stdout");
    if (text === "help-all") throw new UsageError("", "stdout full");
    const equals = text.indexOf("=");
    const value = equals < 0 ? undefined : text.slice(equals + 1);
    const { long, negated } = this.#match(text, equals < 0 ? text : text.slice(0, equals));
    const label = `option \`${negated ? "no-" : ""}${long.spelled}'`;
    if (value !== undefined && (negated || long.row.type === "flag")) {
      throw new UsageError(`${label} takes no value`, "nowhere");
    }
    if (negated) this.#takeBack(long);
    else this.#give(long, label, value);
  }

  /** The option that `name` spells or abbreviates. */
  #match(text: string, name: string): Match {
    const negated = name.startsWith("no-");
    const stem = negated ? name.slice(3) : name;
    const matches: Match[] = [];
    for (const long of this.#names) {
      if (long.row.shortOnly === true) continue;
      const negatable = long.row.negatable !== false;
      if (!negated || negatable) {
        if (long.spelled === stem) return { long, negated };
        if (long.spelled.startsWith(stem) && !stem.startsWith("no-")) matches.push({ long, negated });
      }
      // `--n` and `--no` abbreviate every `--no-…`
      if (negatable && "no-".startsWith(text)) matches.push({ long, negated: true });
    }
    const chosen = matches.at(-1);
    if (chosen === undefined) throw new UsageError(`unknown option \`${text}'`);
    // git names the last two different ones
    for (let i = matches.length - 1; i > 0; i--) {
      const [first, second] = [matches[i - 1]!, matches[i]!];
      if (areAliases(first.long, second.long) && first.negated === second.negated) continue;
      throw new UsageError(`ambiguous option: ${text} (could be ${spell(first)} or ${spell(chosen)})`, "stdout");
    }
    return chosen;
  }

  /** Reads `-abc`, `-oVALUE`, `-o VALUE`. */
  readCluster(word: string): void {
    for (let i = 1; i < word.length; ) {
      const letter = String.fromCodePoint(word.codePointAt(i)!);
      const long = this.#names.find(
        (candidate) => candidate.row.short === letter && candidate.spelled === candidate.name,
      );
      // git looks for `-long` typed with one dash at an unknown first letter, or after a known first one
      if (i === 1 ? long === undefined : i === 2) this.#checkDashes(word.slice(1));
      if (long === undefined) {
        if (letter === "h") throw new UsageError("", "stdout");
        const ascii = letter.charCodeAt(0) < 128;
        throw new UsageError(
          ascii ? `unknown switch \`${letter}'` : `unknown non-ascii option in string: \`-${word.slice(i)}'`,
        );
      }
      i++;
      if (long.row.type === "flag") {
        this.#give(long, "", undefined);
      } else {
        const rest = i < word.length ? word.slice(i) : undefined;
        i = word.length;
        this.#give(long, `switch \`${letter}'`, rest);
      }
    }
  }

  #checkDashes(text: string): void {
    if (text.length < 3) return;
    if (text.startsWith("no-") || this.#names.some(({ spelled, row }) => !row.shortOnly && spelled.startsWith(text))) {
      throw new UsageError(`did you mean \`--${text}\` (with two dashes)?`, "nowhere");
    }
  }

  /** Takes the option with its value, from the next word where the value must stand and does not yet. */
  #give({ name, row }: LongName, label: string, value: string | undefined): void {
    this.#checkExclusive(name, row);
    if (row.type === "flag" || (row.type === "optional-value" && value === undefined)) {
      if (row.type !== "flag") this.#forget(name);
      this.#forgetGroup(row);
      this.tokens.push(`--${name}`);
      return;
    }
    const text = value ?? this.next();
    if (text === undefined) throw new UsageError(`${label} requires a value`, "nowhere");
    if (row.type !== "list") this.#forget(name);
    this.#forgetGroup(row);
    this.tokens.push(`--${name}=${row.type === "number" ? readNumber(text, label, row.signed === true) : text}`);
  }

  /** As in git, what excludes itself with an option before it is an error at once, whatever follows. */
  #checkExclusive(name: string, row: OptionRow): void {
    if (row.type !== "flag" && row.onlyOne !== undefined) {
      if (this.#exclusive.has(row.onlyOne)) throw new UsageError(row.onlyOne, "nowhere");
      this.#exclusive.set(row.onlyOne, name);
    }
    if (row.type !== "flag" || row.mode === undefined) return;
    const given = row.shortOnly === true ? `-${row.short}` : `--${name}`;
    const before = this.#exclusive.get(row.mode);
    if (before !== undefined && before !== given) {
      throw new UsageError(`options '${given}' and '${before}' cannot be used together`, "nowhere");
    }
    this.#exclusive.set(row.mode, given);
  }

  #takeBack({ name, row }: LongName): void {
    this.#forget(name);
    this.#forgetGroup(row);
    if (row.type === "flag" || row.type === "optional-value") this.tokens.push(`--no-${name}`);
    else if (row.type === "number") this.tokens.push(`--${name}=0`);
  }

  /** Takes back the options that do not count beside this one. */
  #forgetGroup(row: OptionRow): void {
    const group = groupOf(row);
    if (group === undefined) return;
    for (const other of this.#names) if (groupOf(other.row) === group) this.#forget(other.name);
  }

  #forget(name: string): void {
    for (let i = this.tokens.length - 1; i >= 0; i--) {
      const token = this.tokens[i]!;
      if (token === `--${name}` || token === `--no-${name}` || token.startsWith(`--${name}=`)) this.tokens.splice(i, 1);
    }
  }
}

function groupOf(row: OptionRow): string | undefined {
  return row.type === "flag" || row.type === "optional-value" ? row.group : undefined;
}

/** Whether two names stand for one option that has aliases: as in git, one that has none is not even its own alias. */
function areAliases(first: LongName, second: LongName): boolean {
  return first.name === second.name && first.row.aliases !== undefined;
}

function spell({ long, negated }: Match): string {
  return `--${negated ? "no-" : ""}${long.spelled}`;
}

const unitFactors: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** A number as git reads it: decimal, `0x` hexadecimal or `0` octal, with an optional k, m or g. */
function readNumber(text: string, label: string, signed: boolean): number {
  if (text === "") throw new UsageError(`${label} expects a numerical value`, "nowhere");
  const parts = /^\s*([-+]?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)([kmg]?)$/i.exec(text);
  if (parts === null || (!signed && parts[1] === "-")) {
    const kind = signed ? "an integer" : "a non-negative integer";
    throw new UsageError(`${label} expects ${kind} value with an optional k/m/g suffix`, "nowhere");
  }
  const digits = parts[2]!;
  const octal = digits.startsWith("0") && /^[0-7]+$/.test(digits);
  const value = (octal ? Number.parseInt(digits, 8) : Number(digits)) * unitFactors[parts[3]!.toLowerCase()]!;
  const [least, most] = signed ? [-(2 ** 31), 2 ** 31 - 1] : [0, Number.MAX_SAFE_INTEGER];
  const result = parts[1] === "-" ? 0 - value : value;
  if (result < least || result > most) {
    throw new UsageError(`value ${text} for ${label} not in range [${least},${most}]`, "nowhere");
  }
  return result;
}
