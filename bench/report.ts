/** What was measured, and how it is told. */

import { median, type Timing } from "./measure.js";

/** Several programs at the same work. */
export interface Comparison {
  readonly kind: "comparison";
  /** What was done, with which sizes. */
  readonly work: string;
  /** gitmidx first. */
  readonly timings: readonly Timing[];
  /** The ratio of medians, gitmidx to the second, that is wanted at most. */
  readonly target?: number | undefined;
  /** Whether gitmidx's memory is held against {@link memoryBound}. */
  readonly boundsMemory?: boolean | undefined;
}

/** One number about gitmidx alone. */
export interface Figure {
  readonly kind: "figure";
  readonly work: string;
  readonly value: number;
  readonly unit: "bytes" | "a second" | "times git's";
  /** What is wanted: at most or at least so much. */
  readonly target?: { readonly most: number } | { readonly least: number } | undefined;
}

/** One line of the result. */
export type Measure = Comparison | Figure;

/** The median of the first contender's times over that of each of the others'. */
export function ratiosOf({ timings: [ours, ...others] }: Comparison): readonly number[] {
  return others.map(({ milliseconds }) => median(ours!.milliseconds) / median(milliseconds));
}

/** The median of the first contender's times over that of the second's; undefined where there is no second. */
export function ratioOf(comparison: Comparison): number | undefined {
  return ratiosOf(comparison)[0];
}

/** The most memory that gitmidx may take where git takes so much. */
export function memoryBound(byteLength: number): number {
  return 1.5 * byteLength + 100e6;
}

/** Whether gitmidx's memory is within its bound; undefined where none is set or the system does not tell. */
export function meetsMemoryBound({ boundsMemory, timings: [ours, theirs] }: Comparison): boolean | undefined {
  if (!boundsMemory || ours?.peakByteLength === undefined || theirs?.peakByteLength === undefined) return undefined;
  return ours.peakByteLength <= memoryBound(theirs.peakByteLength);
}

/** Whether the measure is what is wanted; undefined where nothing is. */
export function meetsTarget(measure: Measure): boolean | undefined {
  if (measure.kind === "comparison") {
    const ratio = ratioOf(measure);
    return measure.target === undefined || ratio === undefined ? undefined : ratio <= measure.target;
  }
  if (measure.target === undefined) return undefined;
  return "most" in measure.target ? measure.value <= measure.target.most : measure.value >= measure.target.least;
}

function duration(milliseconds: number): string {
  return milliseconds < 1000
    ? `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`
    : `${(milliseconds / 1000).toFixed(2)} s`;
}

function spread({ milliseconds }: Timing): string {
  const times = [Math.min(...milliseconds), median(milliseconds), Math.max(...milliseconds)];
  return times.map(duration).join(" / ");
}

function size(byteLength: number): string {
  return byteLength < 1024 * 1024
    ? `${(byteLength / 1024).toFixed(1)} KiB`
    : `${(byteLength / 1024 / 1024).toFixed(0)} MiB`;
}

function mark(met: boolean | undefined): string {
  return met === undefined ? "" : met ? " ✓" : " ✗";
}

function verdict(measure: Measure): string {
  return mark(meetsTarget(measure));
}

function comparisonRow(comparison: Comparison): string[] {
  const ratios = ratiosOf(comparison).map((ratio) => ratio.toFixed(2));
  const peaks = comparison.timings.map(({ peakByteLength }) =>
    peakByteLength === undefined ? "?" : size(peakByteLength),
  );
  return [
    comparison.work,
    ...comparison.timings.map(spread),
    `${ratios.join(" / ")}${verdict(comparison)}`,
    comparison.target === undefined ? "" : `≤ ${comparison.target}`,
    `${peaks.join(" / ")}${mark(meetsMemoryBound(comparison))}`,
    String(comparison.timings[0]!.milliseconds.length),
  ];
}

function quantity(value: number, unit: Figure["unit"]): string {
  if (unit === "bytes") return size(value);
  return unit === "times git's" ? value.toFixed(3) : `${Math.round(value).toLocaleString("en-US")} a second`;
}

function figureRow(figure: Figure): string[] {
  const { target, unit } = figure;
  const wanted =
    target === undefined
      ? ""
      : "most" in target
        ? `≤ ${quantity(target.most, unit)}`
        : `≥ ${quantity(target.least, unit)}`;
  return [figure.work, `${quantity(figure.value, unit)}${verdict(figure)}`, wanted];
}

/** A Markdown table with columns of even width. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |\n`;
  return line(head) + line(widths.map((width) => "-".repeat(width))) + rows.map(line).join("");
}

/** The measures as Markdown tables: first what is compared, then the single numbers. */
export function markdown(measures: readonly Measure[]): string {
  const comparisons = measures.filter((measure) => measure.kind === "comparison");
  const figures = measures.filter((measure) => measure.kind === "figure");
  const parts: string[] = [];
  for (const [i, comparison] of comparisons.entries()) {
    const labels = labelsOf(comparison);
    if (i > 0 && labelsOf(comparisons[i - 1]!) === labels) continue;
    const end = comparisons.findIndex((other, j) => j > i && labelsOf(other) !== labels);
    const group = comparisons.slice(i, end < 0 ? undefined : end);
    const titles = comparison.timings.map(({ label }) => `${label}: min / median / max`);
    parts.push(table(["work", ...titles, "ratio", "target", "peak memory", "runs"], group.map(comparisonRow)));
  }
  if (figures.length > 0) parts.push(table(["measure", "value", "target"], figures.map(figureRow)));
  return parts.join("\n");
}

function labelsOf({ timings }: Comparison): string {
  return timings.map(({ label }) => label).join("\n");
}
