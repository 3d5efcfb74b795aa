/** What a command gets from the process it runs in. */

import { resolve } from "node:path";
import type { TaskOptions } from "../core/task.js";
import type { CommandContext, MeterChoice, OptionTable, OptionValues } from "./command.js";
import type { GlobalOptions } from "./globals.js";
import { linesOf, untilAborted } from "./lines.js";
import { Meter, progressDelay } from "./meter.js";
import type { StreamOutput } from "./output.js";

/** The process's streams and signal, as `run.ts` holds them. */
export interface Surroundings {
  readonly stdout: StreamOutput;
  readonly stderr: StreamOutput;
  readonly signal: AbortSignal;
  /** Called when a meter is made, so that a message can follow it on a line of its own. */
  meterMade(meter: Meter): void;
}

const defaultColumns = 80;

/** The context of one command. */
export function makeContext<T extends OptionTable>(
  surroundings: Surroundings,
  globals: GlobalOptions,
  args: readonly string[],
  options: OptionValues<T>,
): CommandContext<T> {
  const { stdout, stderr, signal } = surroundings;
  const env = { ...process.env, ...globals.env };
  return {
    args,
    options,
    cwd: globals.cwd,
    env,
    gitSettings: globals.gitSettings,
    get stdin() {
      return untilAborted(process.stdin, signal);
    },
    stdout,
    stderr,
    get isTerminal() {
      return {
        stdin: process.stdin.isTTY === true,
        stdout: process.stdout.isTTY === true,
        stderr: process.stderr.isTTY === true,
      };
    },
    signal,
    resolve: (path) => resolve(globals.cwd, path),
    lines: () => linesOf(untilAborted(process.stdin, signal)),
    task(meterChoice?: MeterChoice): TaskOptions {
      const asked: unknown = meterChoice?.shown ?? (options as Readonly<Record<string, unknown>>).progress;
      if (asked === false || (asked !== true && !process.stderr.isTTY)) return { signal };
      const meter = new Meter({
        write: (text) => process.stderr.write(text),
        delaySeconds: meterChoice?.start === "at once" ? 0 : progressDelay(env),
        columns: () => (Number(env.COLUMNS) > 0 ? Number(env.COLUMNS) : (stderr.columns ?? defaultColumns)),
        now: () => performance.now(),
      });
      surroundings.meterMade(meter);
      return { signal, progress: (event) => meter.update(event) };
    },
  };
}
