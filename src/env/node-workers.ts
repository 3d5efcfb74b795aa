/** Threads of Node. */

import type * as workerThreads from "node:worker_threads";
import { GitmidxError } from "../core/errors.js";
import type { WorkerThread } from "./contract.js";
import { type PackedError, packError, unpackError } from "./thrown.js";

/** What goes to a thread. */
interface Question {
  readonly id: number;
  readonly message: unknown;
}

/** What tells a thread that has nothing to do that it may end. */
const endMessage = "end";

/**
 * How long a thread does nothing before it ends: the engine may still be compiling its code on a thread of its own, and Node aborts the
 * whole process if that wants memory of a thread that is gone.
 */
const settleMilliseconds = 100;

/** What comes back. */
type Answer = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly thrown: PackedError };

/** Loaded at first use: programs that start no threads start without it. */
function loadWorkerThreads(): typeof workerThreads {
  return process.getBuiltinModule("node:worker_threads");
}

interface PendingCall {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Threads that were told to end and have not. */
const ending = new Set<Promise<void>>();

/** Waits for the threads that are ending: before `process.exit`, which would cut them short. */
export async function threadsEnded(): Promise<void> {
  await Promise.all(ending);
}

class NodeWorker implements WorkerThread {
  readonly #worker: workerThreads.Worker;
  readonly #pending = new Map<number, PendingCall>();
  #calls = 0;
  #ended: unknown;

  constructor(url: string) {
    const { Worker } = loadWorkerThreads();
    // A program given as text may say of which kind it is, which no file allows; else threads get the options of the process.
    const isText = process.execArgv.some((option) => option.startsWith("--input-type"));
    this.#worker = new Worker(new URL(url), isText ? { execArgv: [] } : {});
    this.#worker.on("message", (answer: Answer) => this.#settle(answer));
    this.#worker.on("messageerror", (error) => this.#end(error));
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", (status) => this.#end(new Error(`the worker thread ended with status ${status}`)));
    // Last, since listening for messages holds the process.
    this.#worker.unref();
  }

  call(message: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended;
      const id = this.#calls++;
      const question: Question = { id, message };
      this.#worker.postMessage(question);
      // A thread that is waited for keeps the process alive, an idle one does not.
      if (this.#pending.size === 0) this.#worker.ref();
      this.#pending.set(id, { resolve, reject });
    });
  }

  async stop(): Promise<void> {
    const isIdle = this.#pending.size === 0 && this.#ended === undefined;
    this.#end(new GitmidxError("aborted", "the worker thread was stopped"));
    if (!isIdle) {
      await this.#worker.terminate();
      return;
    }
    // It ends while the caller goes on; the process waits for it, since it would be cut short at the process's end.
    const ended = new Promise<void>((resolve) => this.#worker.once("exit", () => resolve()));
    ending.add(ended);
    void ended.then(() => ending.delete(ended));
    this.#worker.postMessage(endMessage);
    this.#worker.ref();
  }

  #settle(answer: Answer): void {
    const call = this.#pending.get(answer.id);
    if (call === undefined) return;
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ("thrown" in answer) call.reject(unpackError(answer.thrown));
    else call.resolve(answer.result);
  }

  #end(error: unknown): void {
    this.#ended ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
    this.#worker.unref();
  }
}

/** Starts a thread that runs the module at `url`. Undefined if there can be no more of them. */
export function startNodeWorker(url: string): WorkerThread | undefined {
  try {
    return new NodeWorker(url);
  } catch {
    return undefined;
  }
}

/** Answers each message to this thread with what `handler` returns, one after the other. */
export function serveNodeWorker(handler: (message: unknown) => unknown): void {
  const { parentPort } = loadWorkerThreads();
  if (parentPort === null) return;
  const answer = async ({ id, message }: Question): Promise<void> => {
    let reply: Answer;
    try {
      reply = { id, result: await handler(message) };
      parentPort.postMessage(reply);
    } catch (error) {
      reply = { id, thrown: packError(error) };
      parentPort.postMessage(reply);
    }
  };
  let last = Promise.resolve();
  parentPort.on("message", (question: Question | typeof endMessage) => {
    if (question === endMessage) {
      setTimeout(() => process.exit(), settleMilliseconds);
      return;
    }
    last = last.then(() => answer(question));
  });
}
