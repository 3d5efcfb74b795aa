/** Refs that the next option for refs leaves out: `--exclude`, `--exclude-hidden`. */

import { GitmidxError } from "../../core/errors.js";
import type { GitConfig } from "../../store/config/git-config.js";
import { wildmatch } from "../../store/config/wildmatch.js";

const sections: readonly string[] = ["fetch", "receive", "uploadpack"];

/** What is left out; it is forgotten once it has been heeded. */
export class RefExclusions {
  #patterns: string[] = [];
  #hidden: string[] = [];
  #hides = false;

  /** Whether hidden refs are left out: then only `--all` and `--glob` may follow. */
  get hides(): boolean {
    return this.#hides;
  }

  exclude(pattern: string): void {
    this.#patterns.push(pattern);
  }

  /** Leaves out what a section of the configuration hides. @throws GitmidxError `bad-revision`, in git's words */
  excludeHidden(section: string, config: GitConfig): void {
    if (!sections.includes(section)) throw refusal(`unsupported section for hidden refs: ${section}`);
    if (this.#hides) throw refusal("--exclude-hidden= passed more than once");
    this.#hides = config.entries.length > 0;
    for (const { key, value } of config.entries) {
      if (key !== "transfer.hiderefs" && key !== `${section}.hiderefs`) continue;
      if (value === undefined) throw new GitmidxError("bad-config", `missing value for '${key}'`);
      this.#hidden.push(value.replace(/\/+$/, ""));
    }
  }

  /** Whether a ref is left out, by the name under which it is listed. */
  has(name: string): boolean {
    if (this.#patterns.some((pattern) => wildmatch(pattern, name, { ignoreCase: false, acrossSlashes: true })))
      return true;
    return this.#isHidden(name);
  }

  clear(): void {
    this.#patterns = [];
    this.#hidden = [];
    this.#hides = false;
  }

  #isHidden(name: string): boolean {
    for (let i = this.#hidden.length - 1; i >= 0; i--) {
      const rule = this.#hidden[i]!;
      const shows = rule.startsWith("!");
      const bare = shows ? rule.slice(1) : rule;
      const start = bare.startsWith("^") ? bare.slice(1) : bare;
      if (name === start || name.startsWith(`${start}/`)) return !shows;
    }
    return false;
  }
}

function refusal(message: string): GitmidxError {
  return new GitmidxError("bad-revision", message);
}
