/** Tells the results of `compat` as they come, in the form asked for. */

import type { CheckResult, CompatReport } from "../../ops/compat/compare-with-gits.js";
import type { Output } from "../output.js";
import { JsonReport, type ReportHead } from "./json.js";
import { gitHeading, resultText, totalText } from "./text.js";

/** Takes the results one by one. */
export interface Reporter {
  result(result: CheckResult): Promise<void>;
  end(report: CompatReport): Promise<void>;
}

/** A reporter on `output`; the head has been written. */
export async function makeReporter(output: Output, head: ReportHead, json: boolean): Promise<Reporter> {
  if (!json) return new TextReport(output, head.gitmidx);
  const report = new JsonReport(output);
  await report.begin(head);
  return report;
}

class TextReport implements Reporter {
  readonly #output: Output;
  readonly #version: string;
  #git: CheckResult["git"] | undefined;

  constructor(output: Output, version: string) {
    this.#output = output;
    this.#version = version;
  }

  async result(result: CheckResult): Promise<void> {
    if (this.#git !== result.git) {
      const separator = this.#git === undefined ? "" : "\n";
      await this.#output.write(separator + gitHeading(this.#version, result.git));
    }
    this.#git = result.git;
    await this.#output.write(resultText(result));
    // A check may take minutes: what is known is to be seen.
    await this.#output.flush();
  }

  async end(report: CompatReport): Promise<void> {
    await this.#output.write(totalText(report));
  }
}
