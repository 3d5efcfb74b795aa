/** What could not be tested on this machine: said loudly, never skipped quietly. */

import { appendFileSync } from "node:fs";

/**
 * Records that something could not be tested because the machine lacks it. The test command lists these at its end, and CI fails
 * where a git is missing. Called while a test file loads, in place of defining the test.
 */
export function couldNotTest(what: string): void {
  const list = process.env.GITMIDX_UNTESTED;
  if (list !== undefined) appendFileSync(list, `${JSON.stringify({ file: process.argv[1] ?? "", what })}\n`);
  else process.stderr.write(`COULD NOT TEST: ${what}\n`);
}
