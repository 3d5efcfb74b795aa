/** SIGINT, SIGTERM and SIGHUP: the first aborts the command, which then cleans up; a second ends the process at once. */

import { constants } from "node:os";

/** What has interrupted the process, if anything has. */
export interface Interruption {
  /** Fires at the first signal. */
  readonly signal: AbortSignal;
  /** The status for it: 128 plus the signal's number (130 for SIGINT, 143 for SIGTERM); undefined without one. */
  status(): number | undefined;
}

/** Begins to listen for signals. */
export function listenForSignals(): Interruption {
  const controller = new AbortController();
  let status: number | undefined;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const received = (): void => {
      process.removeListener(name, received);
      status ??= 128 + constants.signals[name];
      controller.abort(new Error(`received ${name}`));
    };
    process.on(name, received);
  }
  return { signal: controller.signal, status: () => status };
}
