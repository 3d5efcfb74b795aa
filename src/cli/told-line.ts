/** Lines that an operation tells in git's form: `error: …`, `warning: …`. */

import type { CommandContext } from "./command.js";
import { message } from "./exit-status.js";

/** A line for standard error, with its line end, control characters made harmless. */
export function toldLine(line: string): string {
  const [, prefix, text] = /^(error|warning): (.*)$/s.exec(line) ?? [];
  return prefix === undefined ? `${line}\n` : message(prefix as "error" | "warning", text!);
}

/** Writes told lines to standard error as they come; a reader that went away is heard of at the next awaited write. */
export function tellOn({ stderr }: Pick<CommandContext, "stderr">): (line: string) => void {
  return (line) => void stderr.write(toldLine(line)).catch(() => undefined);
}
