/** What is thrown where the command line itself is wrong, or where git would die. */

/** Where a command's usage goes along with a {@link UsageError}; `full` shows hidden options too. */
export type UsagePlace = "stderr" | "stdout" | "stdout full" | "nowhere";

/** Thrown for a wrong command line: `error: MESSAGE` (if there is one) on standard error, the usage, and status 129. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly usagePlace: UsagePlace;

  constructor(message = "", usagePlace: UsagePlace = "stderr") {
    super(message);
    this.usagePlace = usagePlace;
  }
}

/** Thrown where git would die: `fatal: MESSAGE` on standard error, status 128. */
export class FatalError extends Error {
  override readonly name = "FatalError";
}
