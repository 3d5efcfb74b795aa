/** The patterns of a sparse checkout: gitignore's, of which the last one that matches decides. */

import { nameOfBytes } from "../../../bytes/name-text.js";
import { wildmatch } from "../../../store/config/wildmatch.js";

/** One line. */
export interface SparsePattern {
  /** Without `!`, and without the slash at the end. */
  readonly pattern: string;
  /** With `!` in front: what matches is left out. */
  readonly negative: boolean;
  /** With a slash at the end: only directories match. */
  readonly directoryOnly: boolean;
  /** Without any other slash: matched with names rather than paths. */
  readonly byName: boolean;
}

const byteOrderMark = "\ufeff";

/** Reads a file of patterns. */
export function parseSparsePatterns(bytes: Uint8Array): readonly SparsePattern[] {
  const text = nameOfBytes(bytes);
  const lines = (text.startsWith(byteOrderMark) ? text.slice(1) : text).split("\n");
  const patterns: SparsePattern[] = [];
  for (const [i, whole] of lines.entries()) {
    const ended = i < lines.length - 1;
    const line = withoutTrailingSpaces(ended && whole.endsWith("\r") ? whole.slice(0, -1) : whole);
    if (whole !== "" && !line.startsWith("#")) patterns.push(parsePattern(line));
  }
  return patterns;
}

function parsePattern(line: string): SparsePattern {
  const negative = line.startsWith("!");
  const rest = negative ? line.slice(1) : line;
  const directoryOnly = rest.endsWith("/");
  const pattern = directoryOnly ? rest.slice(0, -1) : rest;
  return { pattern, negative, directoryOnly, byName: !pattern.includes("/") };
}

/** Spaces at the end do not count, unless a backslash stands before. */
function withoutTrailingSpaces(line: string): string {
  const kept = /^(?:\\.|[^\\])*?(?= *$)/s.exec(line);
  return kept === null ? line : kept[0];
}

/**
 * Whether a path is taken; undefined if no pattern matches it.
 * @param name the last part of the path.
 */
export function matchSparsePatterns(
  patterns: readonly SparsePattern[],
  path: string,
  name: string,
  isDirectory: boolean,
): boolean | undefined {
  for (let i = patterns.length - 1; i >= 0; i--) {
    const { pattern, negative, directoryOnly, byName } = patterns[i]!;
    if (directoryOnly && !isDirectory) continue;
    const anchored = pattern.startsWith("/") ? pattern.slice(1) : pattern;
    const matches = byName ? matchesText(pattern, name) : matchesText(anchored, path);
    if (matches) return !negative;
  }
  return undefined;
}

function matchesText(pattern: string, text: string): boolean {
  if (!/[*?[\\]/.test(pattern)) return pattern === text;
  return wildmatch(pattern, text, { ignoreCase: false });
}
