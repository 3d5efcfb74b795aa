/** Every object as `cat-file` prints it: type and size, and with everything to be compared the content too. */

import { compareBytes } from "../../../bytes/name-text.js";
import { toHex } from "../../../core/oid.js";
import { Step } from "../../../core/task.js";
import { ObjectStore } from "../../../store/object-store.js";
import { visitById } from "../../cat-file/all-objects.js";
import { defaultFormat } from "../../cat-file/batch-format.js";
import { BatchPrinter } from "../../cat-file/batch-printer.js";
import type { BatchRequest } from "../../cat-file/batch-request.js";
import { ByteOutput } from "../../cat-file/byte-output.js";
import type { Check, CheckContext } from "../check.js";
import { Comparison, counted, type Verdict } from "../comparison.js";
import { blindness, SubjectStacks, withoutMidx } from "../subject-stacks.js";

export const check: Check = {
  name: "contents",
  title: "type, size and content of every object",
  since: [2, 30],
  async run(context) {
    const { directories, usesMidx } = context.subject;
    const store = await ObjectStore.open(directories, { useMidx: usesMidx });
    try {
      return await compareContents(context, store);
    } finally {
      store.close();
    }
  },
};

async function compareContents(context: CheckContext, store: ObjectStore): Promise<Verdict> {
  const { subject, git, full, task } = context;
  const stacks = await SubjectStacks.open(subject);
  const isBlind = blindness(git, subject, stacks) !== undefined;
  stacks.close();
  const place = isBlind ? withoutMidx(subject.place) : subject.place;
  const args = ["cat-file", "--batch-all-objects", "--buffer", full ? "--batch" : "--batch-check"];
  const theirs = new Expectation(git.bytes(place, { args }, task));
  const comparison = new Comparison();
  const step = new Step(task, `Comparing contents with git ${git.versionText}`);
  let objects = 0;
  let differs = false;
  const output = new ByteOutput(async (bytes) => {
    if (!differs && !(await theirs.isNext(bytes))) differs = true;
  });
  const damages: string[] = [];
  const printer = new BatchPrinter(store, requestOf(full), output, ({ message }) => void damages.push(message));
  try {
    await visitById({ directories: subject.directories, packs: store.packs(), format: store.format }, async (oid) => {
      if (differs) return;
      objects++;
      await printer.print({ oid }, full ? "contents" : "info");
      await output.flush();
      if (differs) {
        const what = full ? "the object is printed otherwise" : "the object has another type or size";
        comparison.differ({ what, object: toHex(oid), ours: damages.at(-1) ?? "as read", git: theirs.shown() });
      }
      await step.tick();
    });
    if (!differs && !(await theirs.isAtEnd())) {
      comparison.differ({ what: "git prints more objects", ours: counted(objects, "object"), git: theirs.shown() });
    }
  } finally {
    await theirs.close();
  }
  step.finish();
  return comparison.verdict(`${counted(objects, "object")}, ${full ? "with contents" : "types and sizes"}`);
}

function requestOf(full: boolean): BatchRequest {
  return {
    mode: full ? "contents" : "info",
    format: defaultFormat,
    allObjects: true,
    unordered: false,
    buffer: true,
    followSymlinks: false,
    filter: undefined,
    inputEnd: "LF",
    outputEnd: "LF",
  };
}

/** Bytes of git's output that a difference shows. */
const shownByteLength = 120;

/** What git prints, compared piece by piece with what we print. */
class Expectation {
  readonly #source: AsyncGenerator<Uint8Array, void, undefined>;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncGenerator<Uint8Array, void, undefined>) {
    this.#source = source;
  }

  /** Whether `bytes` come next; if so they are passed over. */
  async isNext(bytes: Uint8Array): Promise<boolean> {
    let at = 0;
    while (at < bytes.length) {
      if (this.#bytes.length === 0 && !(await this.#fill())) return false;
      const length = Math.min(this.#bytes.length, bytes.length - at);
      if (compareBytes(this.#bytes.subarray(0, length), bytes.subarray(at, at + length)) !== 0) return false;
      this.#bytes = this.#bytes.subarray(length);
      at += length;
    }
    return true;
  }

  async isAtEnd(): Promise<boolean> {
    return this.#bytes.length === 0 && !(await this.#fill());
  }

  /** The beginning of what comes next. */
  shown(): string {
    const text = new TextDecoder().decode(this.#bytes.subarray(0, shownByteLength));
    return text === "" ? "nothing more" : text.split("\n", 1)[0]!;
  }

  async close(): Promise<void> {
    await this.#source.return();
  }

  async #fill(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done === true) return false;
    this.#bytes = next.value;
    return true;
  }
}
