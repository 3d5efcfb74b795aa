/** The module of a worker thread in tests: does what its messages say. */

import { GitmidxError } from "../../src/core/errors.js";
import { env } from "../../src/env/node.js";

/** What a message asks for. */
export interface ServedJob {
  readonly what: "echo" | "wait" | "throw-ours" | "throw-type" | "throw-text" | "function" | "exit" | "crash" | "spin";
  readonly value?: unknown;
}

function thrown(what: ServedJob["what"]): unknown {
  if (what === "throw-type") return new TypeError("that is misuse");
  if (what === "throw-text") return "just text";
  const place = { path: "a/b", offset: 7, chunk: "OIDF", cause: new RangeError("deeper") };
  return new GitmidxError("bad-offset", "an offset is 7", place);
}

let running = 0;

env.serve(async (message) => {
  const { what, value } = message as ServedJob;
  if (running++ > 0) throw new Error("two messages at once");
  try {
    if (what === "echo") return value;
    if (what === "function") return () => value;
    if (what === "wait") return await new Promise((resolve) => setTimeout(() => resolve(value), 20));
    if (what === "exit") process.exit(3);
    if (what === "crash") setTimeout(() => Promise.reject(new Error("the thread broke down")), 0);
    if (what === "crash") return await new Promise(() => undefined);
    if (what === "spin") for (;;);
    throw thrown(what);
  } finally {
    running--;
  }
});
