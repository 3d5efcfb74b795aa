/**
 * Extended regular expressions of POSIX, as the C library that git is built with knows them, by JavaScript's.
 *
 * Of all matches the leftmost counts, and of those the longest. Inside of it groups capture as in Perl: of alternatives that both lead to
 * that match the first one wins, not the one that is longest, and a group in a repetition holds nothing if it took no part in the last round.
 */

import { GitmidxError } from "../../core/errors.js";

/** What an expression matched: all of it, then its groups; undefined for a group that took no part. */
export type PosixMatch = readonly (string | undefined)[];

/** Classes of characters, as in a locale of UTF-8. */
const classes: Readonly<Record<string, string>> = {
  alpha: "\\p{Alphabetic}",
  digit: "0-9",
  alnum: "0-9\\p{Alphabetic}",
  upper: "\\p{Lu}",
  lower: "\\p{Ll}",
  space: " \\t\\n\\v\\f\\r",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`{-~",
  print: " -~",
  graph: "!-~",
  cntrl: "\\x00-\\x1f\\x7f",
  xdigit: "0-9A-Fa-f",
};

/** Escapes that GNU adds. */
const gnuEscapes: Readonly<Record<string, string>> = {
  w: "[0-9\\p{Alphabetic}_]",
  W: "[^0-9\\p{Alphabetic}_]",
  s: "[ \\t\\n\\v\\f\\r]",
  S: "[^ \\t\\n\\v\\f\\r]",
  b: "\\b",
  B: "\\B",
  "<": "\\b(?=\\w)",
  ">": "\\b(?<=\\w)",
  "`": "^",
  "'": "$",
};

/** Most repetitions that an interval may ask for: RE_DUP_MAX. */
const mostRepetitions = 0x7fff;

/** An expression that was understood. */
export class PosixRegExp {
  /** Number of its groups. */
  readonly groupCount: number;
  readonly #source: string;
  readonly #varies: boolean;
  readonly #first: RegExp;
  readonly #endingBefore: RegExp[] = [];

  /** @throws GitmidxError `bad-config` for what is no extended regular expression */
  constructor(text: string) {
    const translation = new Translation(text);
    this.#source = translation.run();
    this.groupCount = translation.groupCount;
    // Without these there is one match at most at any place.
    this.#varies = /[|*+?{]/.test(text);
    this.#first = new RegExp(this.#source, "su");
  }

  /** The match in `text`; undefined if there is none. */
  exec(text: string): PosixMatch | undefined {
    const first = this.#first.exec(text);
    if (first === null) return undefined;
    const { index } = first;
    if (!this.#varies || index + first[0].length === text.length) return first;
    const rest = [...text.slice(index + first[0].length)].length;
    for (let left = 0; left < rest; left++) {
      const longer = this.#ending(left);
      longer.lastIndex = index;
      const match = longer.exec(text);
      if (match !== null) return match;
    }
    return first;
  }

  /** The same expression for matches that end `left` characters before the end of the text. */
  #ending(left: number): RegExp {
    this.#endingBefore[left] ??= new RegExp(`(?:${this.#source})(?=[^]{${left}}$)`, "suy");
    return this.#endingBefore[left]!;
  }
}

/** One expression on its way. */
class Translation {
  readonly #text: string;
  #at = 0;
  #open = 0;
  groupCount = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): string {
    let result = "";
    // Where what a repetition would repeat begins; −1 where there is nothing to repeat.
    let atom = -1;
    const starts: number[] = [];
    while (this.#at < this.#text.length) {
      const char = this.#take();
      const start = result.length;
      if (char === "(") {
        this.groupCount++;
        this.#open++;
        starts.push(start);
        result += "(";
        atom = -1;
      } else if (char === ")" && this.#open > 0) {
        this.#open--;
        result += ")";
        atom = starts.pop()!;
      } else if (char === "|") {
        result += "|";
        atom = -1;
      } else if ("*+?{".includes(char)) {
        if (atom < 0) throw fault("Invalid preceding regular expression");
        result = `${result.slice(0, atom)}(?:${result.slice(atom)})${char === "{" ? this.#interval() : char}`;
      } else {
        result += char === "[" ? this.#bracket() : char === "\\" ? this.#escape() : plain(char);
        atom = char === "^" ? -1 : start;
      }
    }
    if (this.#open > 0) throw fault("Unmatched ( or \\(");
    return result;
  }

  #take(): string {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at)!);
    this.#at += char.length;
    return char;
  }

  #escape(): string {
    if (this.#at === this.#text.length) throw fault("Trailing backslash");
    const char = this.#take();
    if (/[1-9]/.test(char)) {
      if (Number(char) > this.groupCount) throw fault("Invalid back reference");
      return `\\${char}(?:)`;
    }
    return gnuEscapes[char] ?? quoted(char);
  }

  /** The rest of `{2}`, `{2,}`, `{,3}`, `{2,3}`. */
  #interval(): string {
    const match = /^(\d*)(,?)(\d*)\}/.exec(this.#text.slice(this.#at));
    if (match === null || (match[1] === "" && match[2] === "")) throw fault("Invalid content of \\{\\}");
    this.#at += match[0].length;
    const least = Number(match[1]);
    const most = match[3] === "" ? undefined : Number(match[3]);
    if (least > mostRepetitions || (most ?? least) > mostRepetitions) throw fault("Regular expression too big");
    if (most !== undefined && most < least) throw fault("Invalid content of \\{\\}");
    return `{${least}${match[2]}${match[3]}}`;
  }

  /** The rest of `[abc]`, `[^a-z]`, `[[:digit:]_]`; a backslash is no escape in it. */
  #bracket(): string {
    const negated = this.#text[this.#at] === "^";
    if (negated) this.#at++;
    let members = "";
    for (let first = true; ; first = false) {
      if (this.#at >= this.#text.length) throw fault("Unmatched [, [^, [:, [., or [=");
      if (!first && this.#text[this.#at] === "]") break;
      members += this.#member();
    }
    this.#at++;
    return `[${negated ? "^" : ""}${members}]`;
  }

  #member(): string {
    const named = this.#named();
    if (named?.kind === ":") {
      const members = classes[named.name];
      if (members === undefined) throw fault("Invalid character class name");
      return members;
    }
    const from = named?.name ?? this.#take();
    const next = this.#text[this.#at + 1];
    if (this.#text[this.#at] !== "-" || next === "]" || next === undefined) return quoted(from);
    this.#at++;
    const to = this.#named()?.name ?? this.#take();
    if (from.codePointAt(0)! > to.codePointAt(0)!) throw fault("Invalid range end");
    return `${quoted(from)}-${quoted(to)}`;
  }

  /** `[:name:]`, `[.x.]`, `[=x=]`, if one stands here. */
  #named(): { readonly kind: string; readonly name: string } | undefined {
    const kind = this.#text[this.#at + 1];
    if (this.#text[this.#at] !== "[" || kind === undefined || !":.=".includes(kind)) return undefined;
    const end = this.#text.indexOf(`${kind}]`, this.#at + 2);
    if (end < 0) throw fault("Unmatched [, [^, [:, [., or [=");
    const name = this.#text.slice(this.#at + 2, end);
    if (kind !== ":" && [...name].length !== 1) throw fault("Invalid collation character");
    this.#at = end + 2;
    return { kind, name };
  }
}

/** A character outside of brackets. */
function plain(char: string): string {
  return char === "." || char === "^" || char === "$" ? char : quoted(char);
}

/** A character as itself, in brackets and outside. */
function quoted(char: string): string {
  const code = char.codePointAt(0)!;
  return /[0-9A-Za-z_/]/.test(char) || code > 0x7f ? char : `\\x${code.toString(16).padStart(2, "0")}`;
}

function fault(reason: string): GitmidxError {
  return new GitmidxError("bad-config", reason);
}
