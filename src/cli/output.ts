/** Writing to a stream of the process: back-pressure is awaited, and a reader that went away ends the command quietly. */

import { FatalError } from "./complaint.js";

/** Where a command writes. */
export interface Output {
  /** Writes `text` (as UTF-8) or bytes; await it, so that a slow reader slows the command instead of filling its memory. */
  write(data: string | Uint8Array): Promise<void>;
  /** Hands what has been gathered to the system, so that it is seen before long work begins. */
  flush(): Promise<void>;
  /** Columns of the terminal; undefined if it is none. */
  readonly columns: number | undefined;
}

/** Thrown by {@link Output.write} when nobody reads any more: status 141, and not a word, like a process that SIGPIPE ends. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
}

/** Characters of text to gather before they are written. */
const batchLength = 1 << 16;

/** An {@link Output} on a stream of Node: gathers small texts unless it is a terminal, and waits for slow readers. */
export class StreamOutput implements Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #name: string;
  readonly #gathers: boolean;
  #batch = "";

  /** `name` is what errors call the stream: `standard output`. */
  constructor(stream: NodeJS.WriteStream, name: string, mode: "gather" | "at once") {
    this.#stream = stream;
    this.#name = name;
    this.#gathers = mode === "gather" && !stream.isTTY;
    // each write hears of its own failure; without a listener the process would end on the spot
    stream.on("error", () => undefined);
  }

  get columns(): number | undefined {
    return this.#stream.isTTY ? this.#stream.columns : undefined;
  }

  async write(data: string | Uint8Array): Promise<void> {
    if (typeof data !== "string") {
      await this.flush();
      return this.#send(data);
    }
    this.#batch += data;
    if (!this.#gathers || this.#batch.length >= batchLength) await this.flush();
  }

  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = "";
    if (batch !== "") await this.#send(batch);
  }

  async #send(data: string | Uint8Array): Promise<void> {
    const failure = await new Promise<Error | null | undefined>((resolve) => {
      this.#stream.write(data, resolve);
    });
    if (failure) throw await writeFailure(failure, this.#name);
  }
}

/** What to throw for a failed write to the stream that errors call `name`. */
export async function writeFailure(failure: Error, name: string): Promise<Error> {
  const code = "code" in failure ? failure.code : undefined;
  // after a broken pipe the stream is destroyed, and says so at further writes
  if (code === "EPIPE" || code === "ERR_STREAM_DESTROYED") return new BrokenPipe(failure.message);
  const { systemErrorText } = await import("../store/system-error.js");
  return new FatalError(`write failure on ${name}: ${systemErrorText(failure)}`, { cause: failure });
}
