/** git's checks of a tree. */

import { isSymlinkMode, type TreeCursor } from "../../formats/object/tree.js";
import {
  isDotGit,
  isDotGitattributes,
  isDotGitignore,
  isDotGitmodules,
  isDotMailmap,
  isNtfsDotGit,
  isNtfsDotGitmodules,
  mayBeDotName,
} from "./dot-names.js";
import type { FsckMessageId } from "./messages.js";
import { type DirectoryFileOrder, orderOf } from "./tree-order.js";

/** What the check of a tree tells its caller. */
export interface TreeReport {
  /** A finding. */
  report(id: FsckMessageId, text: string): void;
  /** What git's reading of trees says besides. */
  note(text: string): void;
  /** The id at `bytes[at]` is that of a `.gitmodules` or `.gitattributes` file, whose content is to be checked. */
  file(kind: "gitmodules" | "gitattributes", bytes: Uint8Array, at: number): void;
}

/** How a tree is checked. */
export interface TreeRules {
  /** Whether group-writable files are a bad mode. */
  readonly strict: boolean;
  /** Bytes that a name may have. */
  readonly maxNameByteLength: number;
  readonly idByteLength: number;
}

const slash = 0x2f;
const backslash = 0x5c;
const dot = 0x2e;
const digitZero = 0x30;

const nullId = 1;
const fullPath = 2;
const dotName = 4;
const dotDotName = 8;
const dotGit = 16;
const zeroPad = 32;
const badMode = 64;
const duplicate = 128;
const unsorted = 256;
const largeName = 512;

/** What is said once for a tree however many entries have it, in git's order. */
const sayings: readonly (readonly [flag: number, id: FsckMessageId, text: string])[] = [
  [nullId, "nullSha1", "contains entries pointing to null sha1"],
  [fullPath, "fullPathname", "contains full pathnames"],
  [dotName, "hasDot", "contains '.'"],
  [dotDotName, "hasDotdot", "contains '..'"],
  [dotGit, "hasDotgit", "contains '.git'"],
  [zeroPad, "zeroPaddedFilemode", "contains zero-padded file modes"],
  [badMode, "badFilemode", "contains bad file modes"],
  [duplicate, "duplicateEntries", "contains duplicate file entries"],
  [unsorted, "treeNotSorted", "not properly sorted"],
  [largeName, "largePathname", "contains excessively large pathname"],
];

/** Checks the tree that `cursor` stands before. */
export function checkTree(cursor: TreeCursor, rules: TreeRules, out: TreeReport): void {
  if (!cursor.hasMore) return;
  let problem = cursor.step();
  if (problem !== undefined) {
    out.note(problem);
    out.report("badTree", "cannot be parsed as a tree");
    return;
  }
  const { bytes } = cursor;
  const candidates: DirectoryFileOrder = [];
  let found = 0;
  let oldMode = 0;
  let oldStart = -1;
  for (let last = false; !last; ) {
    const { mode, nameStart, nameEnd } = cursor;
    found |= nameFlags(cursor, rules, out);
    last = !cursor.hasMore;
    if (!last) problem = cursor.step();
    if (problem !== undefined) {
      out.note(problem);
      out.report("badTree", "cannot be parsed as a tree");
      break;
    }
    if (!isGoodMode(mode, rules.strict)) found |= badMode;
    if (oldStart >= 0) {
      const order = orderOf(bytes, oldMode, oldStart, mode, nameStart, nameEnd, candidates);
      if (order === "duplicate") found |= duplicate;
      else if (order === "unsorted") found |= unsorted;
    }
    oldMode = mode;
    oldStart = nameStart;
  }
  if (found !== 0) for (const [flag, id, text] of sayings) if ((found & flag) !== 0) out.report(id, text);
}

function isGoodMode(mode: number, strict: boolean): boolean {
  switch (mode) {
    case 0o100755:
    case 0o100644:
    case 0o120000:
    case 0o040000:
    case 0o160000:
      return true;
    case 0o100664:
      return !strict;
    default:
      return false;
  }
}

/** What is to be said of the entry at the cursor, apart from its mode and place. */
function nameFlags(cursor: TreeCursor, { idByteLength, maxNameByteLength }: TreeRules, out: TreeReport): number {
  const { bytes, start, nameStart, nameEnd, idAt } = cursor;
  let found = 0;
  if (bytes[idAt] === 0 && isNull(bytes, idAt, idByteLength)) found |= nullId;
  if (bytes[start] === digitZero) found |= zeroPad;
  const length = nameEnd - nameStart;
  if (length > maxNameByteLength) found |= largeName;
  const first = bytes[nameStart]!;
  if (first === dot && length === 1) found |= dotName;
  if (first === dot && length === 2 && bytes[nameStart + 1] === dot) found |= dotDotName;
  if (mayBeDotName(first)) {
    if (isDotGit(bytes, nameStart, nameEnd)) found |= dotGit;
    checkDotFiles(cursor, out);
  }
  for (let at = nameStart; at < nameEnd; at++) {
    const byte = bytes[at]!;
    if (byte === slash) found |= fullPath;
    else if (byte === backslash) {
      if (isNtfsDotGit(bytes, at + 1, nameEnd)) found |= dotGit;
      if (isNtfsDotGitmodules(bytes, at + 1, nameEnd)) gitmodules(cursor, out);
    }
  }
  return found;
}

function isNull(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[at + i] !== 0) return false;
  return true;
}

function gitmodules({ bytes, mode, idAt }: TreeCursor, out: TreeReport): void {
  if (isSymlinkMode(mode)) out.report("gitmodulesSymlink", ".gitmodules is a symbolic link");
  else out.file("gitmodules", bytes, idAt);
}

function checkDotFiles(cursor: TreeCursor, out: TreeReport): void {
  const { bytes, mode, nameStart, nameEnd, idAt } = cursor;
  if (isDotGitmodules(bytes, nameStart, nameEnd)) gitmodules(cursor, out);
  if (isDotGitattributes(bytes, nameStart, nameEnd)) {
    if (isSymlinkMode(mode)) out.report("gitattributesSymlink", ".gitattributes is a symlink");
    else out.file("gitattributes", bytes, idAt);
  }
  if (!isSymlinkMode(mode)) return;
  if (isDotGitignore(bytes, nameStart, nameEnd)) out.report("gitignoreSymlink", ".gitignore is a symlink");
  if (isDotMailmap(bytes, nameStart, nameEnd)) out.report("mailmapSymlink", ".mailmap is a symlink");
}
