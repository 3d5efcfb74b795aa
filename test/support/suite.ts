/**
 * Runs test files on the environment that this process was started with, tells of passing files tersely and of failures in full, and
 * writes the counts as JSON: `node [--conditions=portable] suite.js RESULT FILE…`. The test command starts it once per environment.
 */

import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, resolve } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { env } from "#env";
import { scale } from "./scale.js";

/** What one run of {@link runSuite} found. */
export interface SuiteResult {
  /** Name of the environment that the product ran on. */
  readonly environment: string;
  readonly passed: number;
  /** One line for each failure. */
  readonly failures: readonly string[];
  /** The test files, as sources relative to the top, that held no test. */
  readonly empty: readonly string[];
}

/** What node:test says of a test, as far as it is used here: its types lack parts of it. */
interface TestReport {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly duration_ms: number; readonly type?: string; readonly error?: Error };
}

interface FileRecord {
  passed: number;
  failed: number;
  milliseconds: number;
  output: string;
}

const top = fileURLToPath(new URL("../../..", import.meta.url));

/** Whether the report is of the file as such, which then defined no test or did not come to its end. */
function isWholeFile(report: TestReport, file: string): boolean {
  return report.nesting === 0 && resolve(report.name) === file;
}

function isMarked(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}

function sourceOf(file: string): string {
  return relative(join(top, "dist"), file).replace(/\.js$/, ".ts");
}

class Tally {
  readonly #files = new Map<string, FileRecord>();
  readonly failures: string[] = [];
  #current = "";

  record(file: string): FileRecord {
    let found = this.#files.get(file);
    if (found === undefined) {
      found = { passed: 0, failed: 0, milliseconds: 0, output: "" };
      this.#files.set(file, found);
    }
    return found;
  }

  /** Reports of one file come together: the first of another file ends it. */
  enter(file: string): void {
    if (file === this.#current) return;
    this.finishFile();
    this.#current = file;
  }

  finishFile(): void {
    if (this.#current === "") return;
    const { passed, failed, milliseconds, output } = this.record(this.#current);
    const counts = failed > 0 ? `${passed} passed, ${failed} FAILED` : `${passed} passed`;
    process.stdout.write(
      `${failed > 0 ? "FAIL" : "ok  "} ${sourceOf(this.#current)}  ${counts}  ${(milliseconds / 1000).toFixed(1)} s\n`,
    );
    if (failed > 0 && output !== "") process.stdout.write(`what ${sourceOf(this.#current)} printed:\n${output}\n`);
    this.#current = "";
  }

  pass(report: TestReport, file: string): void {
    if (report.details.type === "suite" || isWholeFile(report, file)) return;
    this.enter(file);
    const record = this.record(file);
    if (isMarked(report.skip) || isMarked(report.todo)) {
      this.fail(
        { ...report, details: { duration_ms: 0, error: new Error("no test may be skipped or left to do") } },
        file,
      );
      return;
    }
    record.passed++;
    if (report.nesting === 0) record.milliseconds += report.details.duration_ms;
  }

  fail(report: TestReport, file: string): void {
    const error = report.details.error as (Error & { failureType?: string }) | undefined;
    if (error?.failureType === "subtestsFailed") return;
    this.enter(file);
    this.record(file).failed++;
    const name = isWholeFile(report, file) ? "the file as a whole" : report.name;
    this.failures.push(`${sourceOf(file)}: ${name}`);
    process.stdout.write(`\nFAILED ${this.failures.at(-1)}\n${inspect(error?.cause ?? error, { depth: 8 })}\n\n`);
  }

  get passed(): number {
    return [...this.#files.values()].reduce((sum, record) => sum + record.passed, 0);
  }

  emptyFiles(files: readonly string[]): string[] {
    const ran = (file: string) => this.record(file).passed + this.record(file).failed > 0;
    return files.filter((file) => !ran(file)).map(sourceOf);
  }
}

/** Runs those files and resolves when all have ended. */
async function runSuite(files: readonly string[]): Promise<SuiteResult> {
  const tally = new Tally();
  const reports = run({
    files: [...files],
    concurrency: Math.max(2, availableParallelism()),
    timeout: scale(600_000, 7_200_000),
  });
  const fileOf = (report: TestReport) => report.file ?? report.name;
  for await (const { type, data } of reports as AsyncIterable<{ type: string; data: unknown }>) {
    const report = data as TestReport;
    if (type === "test:pass") tally.pass(report, fileOf(report));
    else if (type === "test:fail") tally.fail(report, fileOf(report));
    else if (type === "test:stdout" || type === "test:stderr") {
      const { file, message } = data as { file: string; message: string };
      tally.record(file).output += message;
    }
  }
  tally.finishFile();
  return { environment: env.name, passed: tally.passed, failures: tally.failures, empty: tally.emptyFiles(files) };
}

const [resultFile, ...files] = process.argv.slice(2);
if (resultFile !== undefined) writeFileSync(resultFile, JSON.stringify(await runSuite(files)));
