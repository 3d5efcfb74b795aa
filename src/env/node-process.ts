/** Child processes through Node. */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { Readable } from "node:stream";
import { bytesOfName, hasEscapedBytes } from "../bytes/name-text.js";
import { type ErrorCode, GitmidxError } from "../core/errors.js";
import type { ProcessEnd, ProcessRequest, RunningProcess } from "./process.js";

const mostErrorBytes = 1 << 16;

const startFailures: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ["not-found", "No such file or directory"],
  ENOTDIR: ["not-found", "Not a directory"],
  EACCES: ["permission-denied", "Permission denied"],
  ENOEXEC: ["io", "Exec format error"],
};

function startFailure(error: unknown, what: string): GitmidxError {
  const name = error instanceof Error && "code" in error ? String(error.code) : "";
  const [code, text] = startFailures[name] ?? ["io", error instanceof Error ? error.message : String(error)];
  return new GitmidxError(code, `${what}: ${text}`, { cause: error });
}

/** Starts a process, as {@link RunningProcess} describes. */
export function startProcess(request: ProcessRequest): RunningProcess {
  let child: ChildProcess;
  try {
    child = spawnChild(request);
  } catch (error) {
    const end = Promise.reject(
      error instanceof GitmidxError ? error : startFailure(error, `cannot run '${request.command}'`),
    );
    end.catch(() => undefined);
    return { output: Readable.from([]), end, stop: () => undefined };
  }
  const end = endOf(child, request);
  // Whoever reads the output first hears of a failed start when it asks for the end.
  end.catch(() => undefined);
  if (child.stdin !== null && typeof request.input === "object") feed(child.stdin, request.input);
  return { output: child.stdout ?? Readable.from([]), end, stop: () => void child.kill() };
}

function spawnChild({ command, args, cwd, env, input, output }: ProcessRequest): ChildProcess {
  const file = typeof input === "string" ? openInput(input) : undefined;
  try {
    const stdin = file ?? (input === undefined ? "ignore" : "pipe");
    return spawn(command, args, { cwd, env, stdio: [stdin, output === "read" ? "pipe" : "ignore", "pipe"] });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function openInput(path: string): number {
  try {
    return openSync(hasEscapedBytes(path) ? Buffer.from(bytesOfName(path)) : path, "r");
  } catch (error) {
    throw startFailure(error, `unable to open '${path}'`);
  }
}

function feed(stdin: NodeJS.WritableStream, input: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): void {
  // A process that ends before it has read everything says why by its status.
  stdin.on("error", () => undefined);
  Readable.from(input, { objectMode: true })
    .on("error", () => stdin.end())
    .pipe(stdin);
}

function endOf(child: ChildProcess, { command, signal }: ProcessRequest): Promise<ProcessEnd> {
  const errors: Uint8Array[] = [];
  let room = mostErrorBytes;
  child.stderr?.on("data", (bytes: Uint8Array) => {
    if (room > 0) errors.push(bytes.subarray(0, room));
    room -= bytes.length;
  });
  const abort = (): void => void child.kill();
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.on("error", (error) => reject(startFailure(error, `cannot run '${command}'`)));
    child.on("close", (status, endedBy) => {
      const errorText = Buffer.concat(errors).toString();
      resolve({ status: status ?? undefined, endedBy: endedBy ?? undefined, errorText });
    });
  });
  return ended.finally(() => signal?.removeEventListener("abort", abort));
}
