/** The built command line as a process. */

import { fileURLToPath } from "node:url";
import { type RunOptions, type RunResult, runProgram } from "./gits.js";

/** `bin/gitmidx.js`. */
export const gitmidxProgram = fileURLToPath(new URL("../../../bin/gitmidx.js", import.meta.url));

/** The program of `cli-probe.ts`. */
export const probeProgram = fileURLToPath(new URL("cli-probe.js", import.meta.url));

/** Runs `gitmidx ARGS` in the isolated environment of {@link runProgram}. */
export function runGitmidx(args: readonly string[], options: RunOptions = {}): RunResult {
  return runProgram(process.execPath, [...process.execArgv, gitmidxProgram, ...args], options);
}

/** Runs `gitmidx ARGS` with the command `probe` alone. */
export function runProbe(args: readonly string[], options: RunOptions = {}): RunResult {
  return runProgram(process.execPath, [...process.execArgv, probeProgram, ...args], options);
}
