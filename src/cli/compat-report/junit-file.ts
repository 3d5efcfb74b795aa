/** The file that `--junit` names. */

import { closeSync, openSync, writeFileSync } from "node:fs";
import type { CompatReport } from "../../ops/compat/compare-with-gits.js";
import { systemError } from "../../store/system-error.js";
import { junitText } from "./junit.js";

/** A file that is to have the report: opened before the work, so that a path that cannot be written is told at once. */
export class JunitFile {
  readonly #path: string;
  #descriptor: number | undefined;

  /** @throws GitmidxError what the file system says. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = this.#attempt("create", () => openSync(path, "w"));
  }

  /** Writes the report. */
  write(report: CompatReport): void {
    const descriptor = this.#descriptor;
    if (descriptor !== undefined) this.#attempt("write", () => writeFileSync(descriptor, junitText(report)));
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #attempt<T>(action: string, call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw systemError(error, action, this.#path);
    }
  }
}
