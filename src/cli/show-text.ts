/** Reports on files as text. */

import { printable } from "../bytes/name-text.js";
import type { FileEntry } from "../ops/inspect/file-entries.js";
import type { FileReport, InspectedLayer, InspectedPack, InspectedProblem } from "../ops/inspect/file-report.js";

/** All of a report on one file. */
export function fileText(report: FileReport): string {
  const { kind, path, parts, packs, layers, problems } = report;
  const facts = factsOf(report).map(([name, value]) => `  ${name.padEnd(16)}${value}\n`);
  return [
    `${kind} ${shown(path)}\n`,
    ...facts,
    sectionText(
      "parts",
      parts.map(({ name, offset, byteLength }) => [name, `at ${offset}`, `${byteLength} bytes`]),
    ),
    sectionText("packs", packs?.map(packCells)),
    sectionText("layers", layers?.map(layerCells)),
    ...problems.map(problemLine),
  ].join("");
}

/** A report in one line, and a line for each problem; paths below `directory` are relative to it. */
export function summaryText(report: FileReport, directory: string): string {
  const { kind, path, problems, packs, layers, objects, commits, version, byteLength } = report;
  const name = path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;
  const counts = [
    version === undefined ? undefined : `version ${version}`,
    layers === undefined ? undefined : `${layers.length} layers`,
    packs === undefined ? undefined : `${packs.length} packs`,
    objects === undefined ? undefined : `${objects} objects`,
    commits === undefined ? undefined : `${commits} commits`,
    `${byteLength} bytes`,
  ];
  const line = `${kind.padEnd(24)}${shown(name)}: ${counts.filter((count) => count !== undefined).join(", ")}\n`;
  return [line, ...problems.map(problemLine)].join("");
}

/** One entry of a file: the id, the offset, then what else there is. */
export function entryText(entry: FileEntry): string {
  const { oid, offset, crc32, packNumber, pack, idxPosition, mtime, problem } = entry;
  if (mtime !== undefined) return `${mtime}\n`;
  if (idxPosition !== undefined) return `${idxPosition}\n`;
  const words = [oid, offset ?? "?", crc32, packNumber, pack === undefined ? undefined : shown(pack)];
  const line = words.filter((word) => word !== undefined).join(" ");
  return problem === undefined ? `${line}\n` : `${line} problem: ${printable(problem)}\n`;
}

function factsOf(report: FileReport): readonly (readonly [name: string, value: string | number])[] {
  const { byteLength, version, hash, flags, objects, commits, largeOffsets, packs, layers, packChecksum, checksum } =
    report;
  const facts: readonly (readonly [name: string, value: string | number | undefined])[] = [
    ["size", `${byteLength} bytes`],
    ["version", version],
    ["hash", hash],
    ["flags", flags === undefined ? undefined : `0x${flags.toString(16)}`],
    ["layers", layers?.length],
    ["packs", packs?.length],
    ["objects", objects],
    ["commits", commits],
    ["64-bit offsets", largeOffsets],
    ["pack checksum", packChecksum],
    ["checksum", checksum],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function packCells({ number, name, firstBit, objects }: InspectedPack): readonly string[] {
  const bits = objects === undefined ? [] : [`${objects} objects`, `from bit ${firstBit}`];
  return [String(number), shown(name), ...bits];
}

function layerCells({ checksum, objects, packs }: InspectedLayer, index: number): readonly string[] {
  const counts = objects === undefined ? ["cannot be read"] : [`${packs} packs`, `${objects} objects`];
  return [String(index), checksum, ...counts];
}

/** A line that says what is wrong with a file. */
export function problemLine({ code, message, chunk, offset }: InspectedProblem): string {
  const place = [chunk, offset === undefined ? undefined : `at ${offset}`]
    .filter((part) => part !== undefined)
    .join(" ");
  return `  problem: ${code}${place === "" ? "" : ` (${place})`}: ${printable(message, message.length)}\n`;
}

/** A heading and rows in columns; nothing if there are no rows. */
export function sectionText(heading: string, rows: readonly (readonly string[])[] = []): string {
  if (rows.length === 0) return "";
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  const lines = rows.map((row) => `    ${row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ")}`.trimEnd());
  return `  ${heading}:\n${lines.join("\n")}\n`;
}

function shown(text: string): string {
  return printable(text, text.length);
}
