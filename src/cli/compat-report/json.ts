/** The report of `compat` for programs. The page Documentation/gitmidx-compat.md describes it. */

import type { CheckResult, CompatReport } from "../../ops/compat/compare-with-gits.js";
import { JsonWriter } from "../json.js";
import type { Output } from "../output.js";

/** What the report says of where it was made. */
export interface ReportHead {
  /** The version of gitmidx. */
  readonly gitmidx: string;
  readonly objectDirectory: string;
  readonly format: string;
}

/** Writes the head, then results as they come, then the totals. */
export class JsonReport {
  readonly #writer: JsonWriter;
  #results: ReturnType<JsonWriter["openArray"]> | undefined;

  constructor(output: Output) {
    this.#writer = new JsonWriter(output);
  }

  async begin(head: ReportHead): Promise<void> {
    for (const [name, value] of Object.entries(head)) await this.#writer.member(name, value);
    this.#results = this.#writer.openArray("checks");
  }

  async result(result: CheckResult): Promise<void> {
    const { check, title, outcome, summary, seconds, differenceCount, differences, git } = result;
    await this.#results?.write({
      git: git.versionText,
      gitPath: git.path,
      check,
      title,
      outcome,
      summary,
      seconds: Number(seconds.toFixed(3)),
      differenceCount,
      differences,
    });
  }

  async end({ counts }: CompatReport): Promise<void> {
    await this.#results?.end();
    await this.#writer.member("same", counts.same);
    await this.#writer.member("different", counts.different);
    await this.#writer.member("notCompared", counts["not-compared"]);
    await this.#writer.end();
  }
}
