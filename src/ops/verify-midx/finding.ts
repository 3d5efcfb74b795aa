/** What `verify` finds, and how it is told. */

import { type ErrorCode, type ErrorPlace, GitmidxError } from "../../core/errors.js";

/** An error is damage, or will give wrong answers; a note is worth knowing, but nothing is wrong. */
export type FindingSeverity = "error" | "note";

/** One thing found, with its place and what to do about it. */
export interface Finding {
  readonly severity: FindingSeverity;
  readonly code: ErrorCode;
  /** One sentence, in git's words where git has them. */
  readonly message: string;
  /** The file. */
  readonly path: string;
  /**
   * Chunk id, `header`, `chunk table` or `trailer`; of a bitmap `header`, `types`, `entries`, `pseudo-merges`, `lookup table`, `name hashes`
   * or `trailer`. Undefined where the whole file is meant.
   */
  readonly chunk?: string | undefined;
  /** Byte offset in the file; undefined where the whole file is meant. */
  readonly offset?: number | undefined;
  /** The object concerned, as hex. */
  readonly object?: string | undefined;
  /** What is there. */
  readonly found?: string | undefined;
  /** What should be there. */
  readonly wanted?: string | undefined;
  /** What to do. */
  readonly advice: string;
}

/** A finding as a check states it: what to do follows from its code unless said otherwise. */
export interface FindingDraft extends Omit<Finding, "severity" | "advice"> {
  readonly severity?: FindingSeverity;
  readonly advice?: string;
}

const rewrite = "write the multi-pack-index anew from the packs: gitmidx write (after removing the damaged file)";
const restorePack = "restore the pack and its index from a copy or another clone, then write the multi-pack-index anew";
/** What to do about an index that is wrong by itself. */
export const reindexAdvice = "make the index anew with 'git index-pack'";
const reindex = `${reindexAdvice} if the pack is sound, else restore both, then write the multi-pack-index anew`;
const chainRewrite = "write one multi-pack-index from the packs: gitmidx write (after removing the chain file)";

const advices: Partial<Record<ErrorCode, string>> = {
  "bad-chain": chainRewrite,
  "missing-layer": chainRewrite,
  "missing-pack": restorePack,
  "missing-index": reindex,
  "pack-index-mismatch": reindex,
  "uncovered-pack": "run gitmidx write, or gitmidx write --split, to cover it",
  "orphan-layer": "the next gitmidx write --split removes it",
  "stale-file": "the next gitmidx write removes it, unless a process is still writing it",
  "needs-newer-git": "nothing, unless older gits use this repository",
};

/** Takes a finding; where it returns a promise, it gets the next finding when that is fulfilled, and the check waits now and then. */
export type FindingSink = (finding: Finding) => Promise<void> | undefined;

/** Collects findings: all are counted and handed on, the first ones kept. */
export class Reporter {
  readonly #hand: FindingSink | undefined;
  /** Fulfilled when all that was handed on has been taken, in order; undefined where nothing is under way. */
  #pending: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly #keep: number;
  /** Findings not yet handed on; undefined once they are handed on at once. */
  #held: Finding[] | undefined = [];
  readonly findings: Finding[] = [];
  errors = 0;
  notes = 0;

  /** A reporter that holds back what it is told until {@link release}. */
  constructor(hand: FindingSink | undefined, keep: number) {
    this.#hand = hand;
    this.#keep = keep;
  }

  /** Hands on what was held back, and from now on everything at once: the files are open and cannot be replaced any more. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const finding of held) this.#take(finding);
  }

  /** Waits until what was handed on has been taken. @throws what its taker threw */
  async drain(): Promise<void> {
    await this.#pending;
    this.#pending = undefined;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  add(draft: FindingDraft): void {
    const finding: Finding = { severity: "error", advice: advices[draft.code] ?? rewrite, ...draft };
    if (this.#held === undefined) this.#take(finding);
    else this.#held.push(finding);
  }

  note(draft: Omit<FindingDraft, "severity">): void {
    this.add({ ...draft, severity: "note" });
  }

  /** Adds what was thrown where a file could not be used. @throws the same again if it is no statement about a file. */
  addError(error: unknown, place: ErrorPlace & { readonly path: string }, more: Partial<FindingDraft> = {}): void {
    if (!(error instanceof GitmidxError) || error.code === "aborted") throw error;
    this.add({
      code: error.code,
      message: error.message,
      path: error.path ?? place.path,
      chunk: error.chunk ?? place.chunk,
      offset: error.offset ?? place.offset,
      ...more,
    });
  }

  #take(finding: Finding): void {
    if (finding.severity === "error") this.errors++;
    else this.notes++;
    if (this.#hand !== undefined) this.#handOn(this.#hand, finding);
    if (this.findings.length < this.#keep) this.findings.push(finding);
  }

  #handOn(hand: FindingSink, finding: Finding): void {
    if (this.#pending === undefined && this.#failure === undefined) {
      const taken = hand(finding);
      if (taken === undefined) return;
      this.#pending = taken.catch((error: unknown) => this.#fail(error));
      return;
    }
    const next = () => (this.#failure === undefined ? hand(finding) : undefined);
    this.#pending = this.#pending?.then(next).catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
  }
}
