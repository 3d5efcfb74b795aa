/** Findings about one `.bitmap` file. */

import { type ErrorCode, type GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { FindingDraft, Reporter } from "../verify-midx/finding.js";

/** The parts of the file, as findings name them. */
export type BitmapPart = "header" | "types" | "entries" | "pseudo-merges" | "lookup table" | "name hashes" | "trailer";

const removal =
  "remove the file, which git can do without, and write it anew: gitmidx write --bitmap, or git repack -b";
const restoral = "see what 'git verify-pack' says of the pack; restore it from a copy or another clone";
const noHarm = "nothing: answers are right";

type Details = Partial<Pick<FindingDraft, "offset" | "object" | "found" | "wanted" | "advice">>;

/** Tells a reporter about one file. */
export class BitmapFindings {
  readonly path: string;
  readonly #reporter: Reporter;

  constructor(reporter: Reporter, path: string) {
    this.#reporter = reporter;
    this.path = path;
  }

  error(code: ErrorCode, chunk: BitmapPart, message: string, details: Details = {}): void {
    this.#reporter.add({ code, message, path: this.path, chunk, advice: removal, ...details });
  }

  note(code: ErrorCode, chunk: BitmapPart | undefined, message: string, details: Details = {}): void {
    this.#reporter.note({ code, message, path: this.path, chunk, advice: noHarm, ...details });
  }

  /** What was thrown where the file, or one that it is about, could not be used. @throws the same again if it says nothing of a file */
  thrown(error: unknown, chunk?: BitmapPart): void {
    if (!isGitmidxError(error) || error.path === undefined || error.path === this.path) {
      this.#reporter.addError(error, { path: this.path, chunk }, { advice: removal });
      return;
    }
    // Where in the other file, its index may say wrongly.
    const message = error.message.replaceAll("\n", ": ");
    this.#reporter.addError(error, { path: error.path }, { message, offset: undefined, advice: restoral });
  }

  /** What is wrong with an entry of a pack that bits stand for. */
  packDamage(error: GitmidxError): void {
    this.#reporter.addError(error, { path: this.path }, { advice: restoral });
  }

  /** Waits until all that was found has been told. */
  drain(): Promise<void> {
    return this.#reporter.drain();
  }
}
