/** The report of `compat` as JUnit XML, which systems for continuous integration read: a suite for each git, a case for each check. */

import type { CheckResult, CompatReport } from "../../ops/compat/compare-with-gits.js";
import type { Outcome } from "../../ops/compat/comparison.js";
import { differenceLines } from "./text.js";

/** The whole document. */
export function junitText({ results }: CompatReport): string {
  const gits = [...new Set(results.map(({ git }) => git))];
  const suites = gits.map((git) =>
    suiteText(
      git,
      results.filter((result) => result.git === git),
    ),
  );
  const totals = totalsOf(results);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="gitmidx compat" ${totals}>\n${suites.join("")}</testsuites>\n`;
}

function totalsOf(results: readonly CheckResult[]): string {
  const count = (outcome: Outcome) => results.filter((result) => result.outcome === outcome).length;
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  const numbers = { tests: results.length, failures: count("different"), errors: 0, skipped: count("not-compared") };
  const attributes = Object.entries(numbers).map(([name, value]) => `${name}="${value}"`);
  return `${attributes.join(" ")} time="${seconds.toFixed(3)}"`;
}

function suiteText({ versionText, path }: CheckResult["git"], results: readonly CheckResult[]): string {
  const name = escapeXml(`git ${versionText} (${path})`);
  return `  <testsuite name="${name}" ${totalsOf(results)}>\n${results.map(caseText).join("")}  </testsuite>\n`;
}

function caseText(result: CheckResult): string {
  const { git, check, title, seconds, outcome, summary } = result;
  const classname = escapeXml(`gitmidx.compat.git-${git.versionText.replaceAll(".", "_")}`);
  const name = escapeXml(`${check}: ${title}`);
  const opening = `    <testcase classname="${classname}" name="${name}" time="${seconds.toFixed(3)}">\n`;
  const content =
    outcome === "different"
      ? failureText(result)
      : outcome === "not-compared"
        ? `      <skipped message="${escapeXml(summary)}"/>\n`
        : `      <system-out>${escapeXml(summary)}</system-out>\n`;
  return `${opening}${content}    </testcase>\n`;
}

function failureText({ summary, differences, differenceCount }: CheckResult): string {
  const first = differences[0]?.what ?? "different";
  const left = differenceCount - differences.length;
  const lines = [summary, ...differences.flatMap(differenceLines), ...(left > 0 ? [`and ${left} more`] : [])];
  return `      <failure type="different" message="${escapeXml(first)}">${escapeXml(lines.join("\n"))}</failure>\n`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text as it may stand in an attribute or an element: what XML 1.0 has no way to say becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\ufffd")
    .replace(/[&<>"']/g, (character) => entities[character]!)
    .replaceAll("\r", "&#13;");
}
