/**
 * The grammar of configuration files, byte by byte as git reads it.
 *
 *     [section] [section "Sub \"section\""] [section.sub]
 *     name = value \
 *            continued "with ; quotes" \t\b\n\\\" ; comment
 *     flag
 *
 * Lines end in LF or CRLF; a byte order mark may come first. A value ends at the end of its line or at `;` or `#` outside quotes,
 * and loses the white space around it.
 */

import { GitmidxError } from "../../core/errors.js";
import { decodeCString, isGitSpace } from "../c-string.js";

/** One variable in a file. */
export interface ParsedVariable {
  /** `section.name` or `section.subsection.name`, section and name in lower case; only `name` where no section came before it. */
  readonly key: string;
  /** Undefined where the name stands alone. */
  readonly value: string | undefined;
  /** The line on which the value ends, from 1. */
  readonly line: number;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const quote = 0x22;
const backslash = 0x5c;
const closingBracket = 0x5d;
const dot = 0x2e;

/** What stands for a character after a backslash in a value. */
const escapes: ReadonlyMap<number, number> = new Map([
  [0x74, 0x09],
  [0x62, 0x08],
  [0x6e, lineFeed],
  [backslash, backslash],
  [quote, quote],
]);

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

function isNameCharacter(code: number): boolean {
  return isLetter(code) || (code >= 0x30 && code <= 0x39) || code === 0x2d;
}

function lower(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
}

function isComment(code: number): boolean {
  return code === 0x23 || code === 0x3b;
}

function textOf(codes: readonly number[]): string {
  return decodeCString(Uint8Array.from(codes));
}

/**
 * The error for a line that git rejects: `bad config line N in file F`, then the reason where there is one to tell.
 */
export function badConfigLine(file: string, line: number, reason?: string): GitmidxError {
  const message = `bad config line ${line} in file ${file}`;
  return new GitmidxError("bad-config", reason === undefined ? message : `${message}\n${reason}`, { path: file });
}

/**
 * The variables of a file, one after the other, so that those before a faulty line are seen before the fault is thrown.
 * @throws GitmidxError `bad-config`
 */
export function parseConfig(bytes: Uint8Array, file: string): Generator<ParsedVariable, void, undefined> {
  return new ConfigParser(bytes, file).variables();
}

class ConfigParser {
  readonly #bytes: Uint8Array;
  readonly #file: string;
  #at = 0;
  /** One more than the line ends seen; the end of the file counts as one each time it is met, which git's line numbers show. */
  #line = 1;
  #ended = false;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  *variables(): Generator<ParsedVariable, void, undefined> {
    this.#skipByteOrderMark();
    let stem: readonly number[] = [];
    for (;;) {
      const code = this.#next();
      if (code === lineFeed && this.#ended) return;
      if (isGitSpace(code)) continue;
      if (isComment(code)) {
        if (this.#skipComment()) return;
      } else if (code === 0x5b) {
        stem = [...this.#section(), dot];
      } else if (isLetter(code)) {
        yield this.#variable(stem, code);
      } else {
        throw this.#fault();
      }
    }
  }

  /** The next byte, with CRLF as one line feed; at the end of the file a line feed, as often as asked. */
  #next(): number {
    let code = lineFeed;
    if (this.#at >= this.#bytes.length) {
      this.#ended = true;
    } else {
      code = this.#bytes[this.#at++]!;
      if (code === carriageReturn && this.#bytes[this.#at] === lineFeed) {
        this.#at++;
        code = lineFeed;
      }
    }
    if (code === lineFeed) this.#line++;
    return code;
  }

  #fault(line = this.#line): GitmidxError {
    return badConfigLine(this.#file, line);
  }

  #skipByteOrderMark(): void {
    if (this.#bytes[0] !== 0xef) return;
    for (const part of [0xef, 0xbb, 0xbf]) if (this.#next() !== part) throw this.#fault();
  }

  /** Skips the rest of the line; true if the file ends with it. */
  #skipComment(): boolean {
    while (this.#next() !== lineFeed);
    return this.#ended;
  }

  /** What stands between brackets, as the beginning of keys. */
  #section(): number[] {
    const name: number[] = [];
    for (;;) {
      const code = this.#next();
      if (this.#ended) throw this.#fault();
      if (code === closingBracket) break;
      if (isGitSpace(code)) {
        this.#subsection(name, code);
        break;
      }
      if (!isNameCharacter(code) && code !== dot) throw this.#fault();
      name.push(lower(code));
    }
    if (name.length === 0) throw this.#fault();
    return name;
  }

  /** A quoted subsection and the bracket after it; `code` is the white space before it. */
  #subsection(name: number[], code: number): void {
    let opening = code;
    while (isGitSpace(opening)) {
      if (opening === lineFeed) throw this.#fault(this.#line - 1);
      opening = this.#next();
    }
    if (opening !== quote) throw this.#fault();
    name.push(dot);
    for (;;) {
      let character = this.#next();
      if (character === quote) break;
      if (character === backslash) character = this.#next();
      if (character === lineFeed) throw this.#fault(this.#line - 1);
      name.push(character);
    }
    if (this.#next() !== closingBracket) throw this.#fault();
  }

  #variable(stem: readonly number[], first: number): ParsedVariable {
    const key = [...stem, lower(first)];
    let code = this.#next();
    for (; !this.#ended && isNameCharacter(code); code = this.#next()) key.push(lower(code));
    while (code === 0x20 || code === 0x09) code = this.#next();
    if (code !== lineFeed && code !== 0x3d) throw this.#fault();
    const value = code === lineFeed ? undefined : this.#value();
    return { key: textOf(key), value, line: this.#line - 1 };
  }

  /** What follows `=`, up to and with the end of the line. */
  #value(): string {
    const value: number[] = [];
    let quoted = false;
    /** Length without the white space at the end. */
    let length = 0;
    for (let code = this.#next(); code !== lineFeed; code = this.#next()) {
      if (!quoted && isGitSpace(code)) {
        if (value.length > 0) value.push(code);
        continue;
      }
      if (!quoted && isComment(code)) {
        this.#skipComment();
        break;
      }
      if (code === quote) quoted = !quoted;
      else if (code !== backslash) value.push(code);
      else if ((code = this.#next()) !== lineFeed) value.push(this.#escaped(code));
      length = value.length;
    }
    if (quoted) throw this.#fault(this.#line - 1);
    value.length = length;
    return textOf(value);
  }

  #escaped(code: number): number {
    const meaning = escapes.get(code);
    if (meaning === undefined) throw this.#fault();
    return meaning;
  }
}
