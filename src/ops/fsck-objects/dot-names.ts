/**
 * Names that some file system takes for `.git` and its kin: HFS+ ignores certain characters and the case, NTFS the case, blanks and dots at
 * the end, what follows a colon, and has short names such as `GIT~1`.
 */

/** A name that git gives a meaning, without its dot, and the six characters that its NTFS short name falls back to. */
interface DotName {
  readonly name: string;
  readonly shortPrefix: string;
}

const dotGitmodules: DotName = { name: "gitmodules", shortPrefix: "gi7eba" };
const dotGitattributes: DotName = { name: "gitattributes", shortPrefix: "gi7d29" };
const dotGitignore: DotName = { name: "gitignore", shortPrefix: "gi250a" };
const dotMailmap: DotName = { name: "mailmap", shortPrefix: "maba30" };

const dot = 0x2e;
const blank = 0x20;
const colon = 0x3a;
const slash = 0x2f;
const backslash = 0x5c;
const tilde = 0x7e;

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

/** Whether a name can mean anything here at all: most cannot, by their first byte. */
export function mayBeDotName(first: number): boolean {
  const byte = lower(first);
  return byte === dot || byte === tilde || byte === 0x67 || byte === 0x6d || byte >= 0x80;
}

/** Code points that HFS+ leaves out of account. */
function isIgnoredByHfs(code: number): boolean {
  if (code < 0x200c) return false;
  return code <= 0x200f || (code >= 0x202a && code <= 0x202e) || (code >= 0x206a && code <= 0x206f) || code === 0xfeff;
}

/** Steps over the characters of a name as HFS+ sees them. */
class HfsCharacters {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** The next character; 0 at the end of the name and where it is no UTF-8. */
  next(): number {
    for (;;) {
      const code = this.#codePoint();
      if (!isIgnoredByHfs(code)) return code;
    }
  }

  #codePoint(): number {
    const bytes = this.#bytes;
    if (this.#at >= this.#end) return 0;
    const first = bytes[this.#at]!;
    if (first < 0x80) {
      this.#at++;
      return first;
    }
    const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length === 0 || this.#at + length > this.#end) return 0;
    let code = first & (0x7f >> length);
    for (let i = 1; i < length; i++) {
      const byte = bytes[this.#at + i]!;
      if ((byte & 0xc0) !== 0x80) return 0;
      code = (code << 6) | (byte & 0x3f);
    }
    this.#at += length;
    return isValidCodePoint(code, length) ? code : 0;
  }
}

/** No longer form than needed, no surrogate, none of the two that are no characters. */
function isValidCodePoint(code: number, length: number): boolean {
  if (length === 2) return true;
  if (length === 3) return code >= 0x800 && (code < 0xd800 || code > 0xdfff) && code < 0xfffe;
  return code >= 0x10000 && code <= 0x10ffff;
}

function isHfsDot(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  const characters = new HfsCharacters(bytes, start, end);
  if (characters.next() !== dot) return false;
  for (let i = 0; i < name.length; i++) if (lower(characters.next()) !== name.charCodeAt(i)) return false;
  const rest = characters.next();
  return rest === 0 || rest === slash;
}

/** Whether nothing but blanks and dots stands from `at` to the end of the name or to a colon, or to a slash where `separators` end too. */
function isBlankTail(bytes: Uint8Array, at: number, end: number, separators = false): boolean {
  for (let place = at; place < end; place++) {
    const byte = bytes[place]!;
    if (byte === colon || (separators && (byte === slash || byte === backslash))) return true;
    if (byte !== dot && byte !== blank) return false;
  }
  return true;
}

function hasLowerCase(bytes: Uint8Array, at: number, end: number, word: string, length = word.length): boolean {
  if (at + length > end) return false;
  for (let i = 0; i < length; i++) if (lower(bytes[at + i]!) !== word.charCodeAt(i)) return false;
  return true;
}

/** Whether NTFS takes the name for `.git`. */
export function isNtfsDotGit(bytes: Uint8Array, start: number, end: number): boolean {
  if (hasLowerCase(bytes, start, end, ".git")) return isBlankTail(bytes, start + 4, end, true);
  return hasLowerCase(bytes, start, end, "git~1") && isBlankTail(bytes, start + 5, end, true);
}

/** Whether HFS+ or NTFS takes the name for `.git`. */
export function isDotGit(bytes: Uint8Array, start: number, end: number): boolean {
  return isHfsDot(bytes, start, end, "git") || isNtfsDotGit(bytes, start, end);
}

function isNtfsDot(bytes: Uint8Array, start: number, end: number, { name, shortPrefix }: DotName): boolean {
  if (start < end && bytes[start] === dot && hasLowerCase(bytes, start + 1, end, name))
    return isBlankTail(bytes, start + 1 + name.length, end);
  const digit = start + 7 < end ? bytes[start + 7]! : 0;
  if (hasLowerCase(bytes, start, end, name, 6) && bytes[start + 6] === tilde && digit >= 0x31 && digit <= 0x34)
    return isBlankTail(bytes, start + 8, end);
  return isFallbackShortName(bytes, start, end, shortPrefix) && isBlankTail(bytes, start + 8, end);
}

/** Eight characters: as many of the prefix as there is room for, a tilde, a number without a zero at its beginning. */
function isFallbackShortName(bytes: Uint8Array, start: number, end: number, prefix: string): boolean {
  if (start + 8 > end) return false;
  let at = 0;
  while (at < prefix.length && lower(bytes[start + at]!) === prefix.charCodeAt(at)) at++;
  if (bytes[start + at] !== tilde) return false;
  const first = bytes[start + at + 1]!;
  // With six characters of the prefix there is one digit, and with none seven.
  if (first < 0x31 || first > 0x39) return false;
  for (let i = at + 2; i < 8; i++) {
    const byte = bytes[start + i]!;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}

function isDotName(bytes: Uint8Array, start: number, end: number, dotName: DotName): boolean {
  return isHfsDot(bytes, start, end, dotName.name) || isNtfsDot(bytes, start, end, dotName);
}

/** Whether HFS+ or NTFS takes the name for `.gitmodules`. */
export function isDotGitmodules(bytes: Uint8Array, start: number, end: number): boolean {
  return isDotName(bytes, start, end, dotGitmodules);
}

/** Whether NTFS takes the name for `.gitmodules`. */
export function isNtfsDotGitmodules(bytes: Uint8Array, start: number, end: number): boolean {
  return isNtfsDot(bytes, start, end, dotGitmodules);
}

/** Whether HFS+ or NTFS takes the name for `.gitattributes`. */
export function isDotGitattributes(bytes: Uint8Array, start: number, end: number): boolean {
  return isDotName(bytes, start, end, dotGitattributes);
}

/** Whether HFS+ or NTFS takes the name for `.gitignore`. */
export function isDotGitignore(bytes: Uint8Array, start: number, end: number): boolean {
  return isDotName(bytes, start, end, dotGitignore);
}

/** Whether HFS+ or NTFS takes the name for `.mailmap`. */
export function isDotMailmap(bytes: Uint8Array, start: number, end: number): boolean {
  return isDotName(bytes, start, end, dotMailmap);
}
