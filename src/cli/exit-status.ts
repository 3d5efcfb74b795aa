/** What an error says on standard error, and the status that the process ends with. */

import { type ErrorCode, isGitmidxError } from "../core/errors.js";
import { FatalError } from "./complaint.js";
import { BrokenPipe } from "./output.js";

/** The statuses, git's own. */
export const exitStatus = {
  /** Done, or clean. */
  done: 0,
  /** A check found something. */
  found: 1,
  fatal: 128,
  usage: 129,
  interrupted: 130,
  /** The reader of our output went away. */
  brokenPipe: 141,
  terminated: 143,
  /** Where git's subcommand returns −1. */
  refused: 255,
} as const;

/** How a command failed. */
export interface Failure {
  /** For standard error, with its line end; empty where nothing is to be said. */
  readonly text: string;
  readonly status: number;
}

/** Codes for which git says `error:` and returns −1 instead of dying. */
const refusals: readonly ErrorCode[] = [
  "no-packs",
  "unknown-base",
  "empty-preferred-pack",
  "missing-pack",
  "not-closed",
];

/** What to say of anything thrown, and the status for it. `trace` adds the stack of an error that is our own fault. */
export function failureOf(error: unknown, trace = false): Failure {
  if (error instanceof BrokenPipe) return { text: "", status: exitStatus.brokenPipe };
  if (isGitmidxError(error, "aborted")) return { text: "", status: exitStatus.interrupted };
  if (isGitmidxError(error, ...refusals)) return { text: message("error", error.message), status: exitStatus.refused };
  if (isGitmidxError(error) || error instanceof FatalError || isSystemError(error)) {
    return { text: message("fatal", error.message), status: exitStatus.fatal };
  }
  return { text: bugReport(error, trace), status: exitStatus.fatal };
}

/** `PREFIX: TEXT` and a line end; control characters become `?`, as git has it, so that a name cannot drive the terminal. */
export function message(prefix: "fatal" | "error" | "warning", text: string): string {
  return `${prefix}: ${withoutControls(text)}\n`;
}

function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "?");
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function bugReport(error: unknown, trace: boolean): string {
  if (!(error instanceof Error)) return withoutControls(`BUG: ${String(error)} was thrown; please report this\n`);
  const own = error.message.startsWith("BUG: ");
  const line = own ? error.message : `BUG: ${error.name}: ${error.message}`;
  const report = `${withoutControls(line.replaceAll("\n", " "))}; please report this\n`;
  return trace && error.stack !== undefined ? `${report}${error.stack}\n` : report;
}
