/** The manual pages in `Documentation/`, set as text for a terminal the way `man` sets git's. */

import { existsSync, readFileSync } from "node:fs";
import { FatalError } from "./complaint.js";

const documentation = new URL("../../../Documentation/", import.meta.url);

/** Widest a page is set, however wide the terminal. */
const maxWidth = 80;
const bodyIndent = 7;
const termIndent = 4;

/**
 * The page of a command, or of `gitmidx` itself, in lines of at most `columns` (80 if undefined).
 * @throws FatalError if there is no such page.
 */
export function manualPage(topic: string, columns: number | undefined): string {
  const name = topic === "gitmidx" || topic.startsWith("gitmidx-") ? topic : `gitmidx-${topic}`;
  const file = new URL(`${name}.md`, documentation);
  if (!/^[a-z-]+$/.test(name) || !existsSync(file)) throw new FatalError(`no manual page for ${topic}`);
  return setPage(name, readFileSync(file, "utf8"), Math.min(columns ?? maxWidth, maxWidth));
}

/** Sets the Markdown of a page: headings, paragraphs, lists, and code blocks, which is all our pages have. */
export function setPage(name: string, markdown: string, width: number): string {
  const title = `${name.toUpperCase()}(1)`;
  const middle = "Gitmidx Manual";
  const gap = Math.max(2, Math.floor((width - middle.length) / 2) - title.length);
  const left = `${title}${" ".repeat(gap)}${middle}`;
  const header = `${left}${title.padStart(Math.max(title.length + 2, width - left.length))}\n`;
  const text: string[] = [];
  const lines = markdown.split("\n").filter((line) => !line.startsWith("# "));
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!;
    const end = lines.findIndex((other, j) => j > i && /^###? /.test(other));
    const next = end < 0 ? lines.length : end;
    if (line.startsWith("### ")) text.push(`   ${plain(line.slice(4))}`);
    else if (line.startsWith("## ")) text.push(line.slice(3).toUpperCase());
    const isHeading = /^###? /.test(line);
    const body = setBlocks(lines.slice(isHeading ? i + 1 : i, next), bodyIndent, width);
    if (body.length > 0) text.push(`${body.join("\n\n")}\n`);
    i = next;
  }
  return `${header}\n${text.join("\n")}`;
}

/** The paragraphs, lists and code blocks of `lines`, each set at `indent`. */
function setBlocks(lines: readonly string[], indent: number, width: number): string[] {
  const blocks: string[] = [];
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!;
    if (line.trim() === "") {
      i++;
      continue;
    }
    const taken = blockLength(lines, i);
    const block = lines.slice(i, i + taken);
    i += taken;
    if (line.startsWith("```")) {
      blocks.push(verbatim(block.slice(1, -1), indent + termIndent));
    } else if (line.startsWith("- ")) {
      blocks.push(setItem(block, indent, width));
    } else if (line.startsWith("|")) {
      blocks.push(verbatim(block, indent));
    } else {
      blocks.push(wrap(plain(block.join(" ")), indent, width));
    }
  }
  return blocks;
}

/** How many lines from `start` the block there takes. */
function blockLength(lines: readonly string[], start: number): number {
  const line = lines[start]!;
  let end = start + 1;
  if (line.startsWith("```")) {
    while (end < lines.length && !lines[end]!.startsWith("```")) end++;
    return Math.min(end + 1, lines.length) - start;
  }
  if (line.startsWith("- ")) {
    while (end < lines.length && (lines[end] === "" || lines[end]!.startsWith("  "))) end++;
    return end - start;
  }
  while (end < lines.length && lines[end]!.trim() !== "" && !/^(- |```)/.test(lines[end]!)) end++;
  return end - start;
}

/** A list item: a term with what it means below it, or a point. */
function setItem(block: readonly string[], indent: number, width: number): string {
  const inner = block.map((line) => line.slice(2));
  const isTerm = /^`[^`]*`(, `[^`]*`)*$/.test(inner[0]!);
  if (isTerm) {
    const meaning = setBlocks(inner.slice(1), indent + termIndent, width);
    return `${wrap(inner[0]!.replaceAll("`", ""), indent, width)}\n${meaning.join("\n\n")}`;
  }
  const [first = "", ...more] = setBlocks(inner, indent + 2, width);
  return [`${" ".repeat(indent)}\u2022 ${first.trimStart()}`, ...more].join("\n\n");
}

function verbatim(lines: readonly string[], indent: number): string {
  return lines.map((line) => (line === "" ? "" : " ".repeat(indent) + line)).join("\n");
}

/** Text without the marks of Markdown; code of several words is quoted, an address follows its link text in parentheses. */
function plain(text: string): string {
  return text
    .replace(/\[([^\]]*)\]\((https?:[^)]*)\)/g, "$1 ($2)")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\*\*([^*]+)\*\*/g, "$1")
    .replace(/`([^` ]*)`/g, "$1")
    .replaceAll("`", "'");
}

function wrap(text: string, indent: number, width: number): string {
  const margin = " ".repeat(indent);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(margin + line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, margin + line].join("\n");
}
