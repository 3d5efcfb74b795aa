/** A repository as we find it, beside what git says from the same place. */

import assert from "node:assert/strict";
import { isGitmidxError } from "../../src/core/errors.js";
import { type DiscoverRequest, discoverRepository, type RepositoryLocation } from "../../src/store/discover.js";
import { NodeFs } from "../../src/store/node-fs.js";
import type { ProcessFacts } from "../../src/store/process-facts.js";
import { gitEnvironment } from "../support/gits.js";

/** The facts of a git that is run in `cwd` with the tests' isolated environment and `env`. */
export function factsOf(cwd: string, env: Readonly<Record<string, string>> = {}): ProcessFacts {
  return { cwd, env: gitEnvironment(env), euid: process.geteuid?.() };
}

/** What discovery finds, or the message of the error it throws. */
export async function discover(
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  options: Omit<DiscoverRequest, "process"> = {},
): Promise<RepositoryLocation | string> {
  try {
    return await discoverRepository(new NodeFs(), { ...options, process: factsOf(cwd, env) });
  } catch (error) {
    assert.ok(isGitmidxError(error), error instanceof Error ? error.stack : String(error));
    return error.message;
  }
}

/** The lines of a message, however they are ordered and whatever git puts before them. */
export function messageLines(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/^(?:error|fatal|warning): /, ""))
    .filter((line) => line !== "")
    .sort();
}
