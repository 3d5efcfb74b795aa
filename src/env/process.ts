/** Child processes as a contract: `node-process.ts` keeps it, and so can a test that wants no processes. */

/** What to run. */
export interface ProcessRequest {
  /** A path, or a name to look for on the PATH of `env`. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; variables that are undefined are not set. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard input: the file at a path, or bytes as they come; nothing unless given. */
  readonly input?: string | Iterable<Uint8Array> | AsyncIterable<Uint8Array> | undefined;
  /** `discard` lets go of standard output, which then need not be read. */
  readonly output: "read" | "discard";
  /** Ends the process when it fires; `end` is fulfilled all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** How a process ended. */
export interface ProcessEnd {
  /** The exit status; undefined where a signal ended it. */
  readonly status: number | undefined;
  /** The signal's name. */
  readonly endedBy: string | undefined;
  /** What it wrote to standard error: the first 64 KiB, as text. */
  readonly errorText: string;
}

/** A process that was started. */
export interface RunningProcess {
  /** Standard output as it comes; must be read to its end, or the process stopped. A slow reader slows the process. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Rejects with a GitmidxError (`not-found`, `permission-denied` or `io`) if it could not be started. */
  readonly end: Promise<ProcessEnd>;
  /** Ends it; nothing if it has ended. */
  stop(): void;
}

/** Starts a process. Never throws: what fails is told by `end`. */
export type StartProcess = (request: ProcessRequest) => RunningProcess;
