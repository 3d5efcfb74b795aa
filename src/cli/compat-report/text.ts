/** The report of `compat` for people: a line for each check, and what differs below it. */

import type { CheckResult, CompatReport } from "../../ops/compat/compare-with-gits.js";
import type { Difference, Outcome } from "../../ops/compat/comparison.js";

const words: Readonly<Record<Outcome, string>> = {
  same: "ok",
  different: "DIFFERENT",
  "not-compared": "not compared",
};

/** Columns that a check's outcome takes. */
const outcomeColumns = 14;

/** The line of a result, and its differences. */
export function resultText({ outcome, check, title, summary, differences, differenceCount }: CheckResult): string {
  const lines = [`${words[outcome].padEnd(outcomeColumns)}${check}: ${title} (${summary})`];
  for (const difference of differences) lines.push(...differenceLines(difference).map((line) => `    ${line}`));
  const left = differenceCount - differences.length;
  if (left > 0) lines.push(`    and ${left} more`);
  return `${lines.join("\n")}\n`;
}

/** A difference in lines: where, what, and both sides. */
export function differenceLines({ what, path, chunk, offset, object, ours, git }: Difference): readonly string[] {
  const place = [chunk, offset === undefined ? undefined : `at ${offset}`].filter((part) => part !== undefined);
  const places = [path, place.length === 0 ? undefined : place.join(" "), object && `object ${object}`];
  const where = places.filter((part) => part !== undefined && part !== "").join(": ");
  const lines = [where === "" ? what : `${where}: ${what}`];
  if (ours !== undefined) lines.push(...sideLines("gitmidx", ours));
  if (git !== undefined) lines.push(...sideLines("git", git));
  return lines;
}

/** The first line behind the side's name, further ones below it. */
function sideLines(side: string, text: string): readonly string[] {
  const margin = `  ${side}:`.padEnd(12);
  return text.split("\n").map((line, i) => `${i === 0 ? margin : " ".repeat(margin.length)}${line}`);
}

/** What stands above the results of a git. */
export function gitHeading(version: string, git: CheckResult["git"]): string {
  return `gitmidx ${version} and git ${git.versionText} (${git.path})\n`;
}

/** The last line. */
export function totalText({ results, counts }: CompatReport): string {
  const parts = [`${counts.same} ok`, `${counts.different} different`, `${counts["not-compared"]} not compared`];
  return `\n${results.length} checks: ${parts.join(", ")}\n`;
}
