/** `--batch` and its like: objects that are named one after the other, or all there are. */

import { bytesOfName, nameOfBytes } from "../../bytes/name-text.js";
import { GitmidxError } from "../../core/errors.js";
import { hexValue } from "../../core/oid.js";
import { checkAborted, type TaskOptions } from "../../core/task.js";
import { parseMaybeBool } from "../../store/config/values.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { OpenPack } from "../../store/open-pack.js";
import { planPack } from "../../store/pack-plan.js";
import type { OpenRevisions } from "../resolve-revision/open-revisions.js";
import { type ObjectVisitor, type SeenIds, visitAsStored, visitById } from "./all-objects.js";
import { BatchPrinter, type Extent } from "./batch-printer.js";
import type { BatchRequest } from "./batch-request.js";
import { ByteOutput, type WriteBytes } from "./byte-output.js";
import { tellDamage } from "./damage.js";
import { type BatchWorkers, printPlanned } from "./planned-pack.js";

/** What a batch works with. */
export interface BatchContext {
  readonly revisions: OpenRevisions;
  readonly directories: readonly ObjectDirectory[];
  /** Standard input: names, or commands. */
  readonly input: AsyncIterable<Uint8Array>;
  readonly write: WriteBytes;
  readonly task: TaskOptions;
  /** Threads that may help to make the objects of large packs. */
  readonly workers?: BatchWorkers | undefined;
}

const space = 0x20;
const tab = 9;
const carriageReturn = 13;

/**
 * Runs a batch to the end of its input, or of the objects there are.
 * @throws GitmidxError in git's words for a bad command; codes of damaged objects
 */
export async function runBatch(context: BatchContext, request: BatchRequest): Promise<void> {
  const output = new ByteOutput(context.write);
  try {
    await new Batch(context, request, output).run();
  } finally {
    await output.flush();
  }
}

/** A command that waits for `flush`. */
type Queued = () => Promise<void> | undefined;

class Batch {
  readonly #context: BatchContext;
  readonly #request: BatchRequest;
  readonly #output: ByteOutput;
  readonly #printer: BatchPrinter;
  readonly #oid: Uint8Array;
  #queue: Queued[] = [];

  constructor(context: BatchContext, request: BatchRequest, output: ByteOutput) {
    const { store, source } = context.revisions;
    this.#context = context;
    this.#request = request;
    this.#output = output;
    this.#oid = new Uint8Array(source.format.byteLength);
    this.#printer = new BatchPrinter(store, request, output, (damage) => tellDamage(source, damage));
  }

  async run(): Promise<void> {
    if (this.#request.allObjects) return this.#runAll();
    const delimiter = this.#request.inputEnd === "NUL" ? 0 : 10;
    let pending: Uint8Array = new Uint8Array(0);
    for await (const chunk of this.#context.input) {
      checkAborted(this.#context.task);
      const bytes = pending.length === 0 ? chunk : joined(pending, chunk);
      let at = 0;
      for (let end = bytes.indexOf(delimiter, at); end >= 0; end = bytes.indexOf(delimiter, at)) {
        const wait = this.#line(bytes, at, end);
        if (wait !== undefined) await wait;
        at = end + 1;
      }
      pending = bytes.slice(at);
      // whoever asks may wait for the answer before asking on
      await this.#output.flush();
    }
    if (pending.length > 0) await this.#line(pending, 0, pending.length);
    await this.#runQueue();
  }

  async #runAll(): Promise<void> {
    const { revisions, directories, task } = this.#context;
    const { store, source } = revisions;
    const extent = this.#request.mode === "contents" ? "contents" : "info";
    if (source.config.has("extensions.partialClone") || hasPromisorRemote(source.config)) {
      const text = "This repository uses promisor remotes. Some objects may not be loaded.";
      source.tell({ kind: "warning", text });
    }
    const places = { directories, packs: store.packs(), format: source.format };
    let left = visitsBetweenTurns;
    const visit: ObjectVisitor = (oid, place) => {
      const wait = this.#printer.print({ oid }, extent, place);
      if (--left > 0) return wait;
      left = visitsBetweenTurns;
      return turn(wait, task);
    };
    if (!this.#request.unordered) return visitById(places, visit);
    const isPlanned = extent === "contents" && this.#printer.isPlain;
    return visitAsStored(places, visit, isPlanned ? (pack, seen) => this.#printPack(pack, seen, visit) : undefined);
  }

  /** Prints a pack by plan; false if there can be none. */
  async #printPack(pack: OpenPack, seen: SeenIds | undefined, visit: ObjectVisitor): Promise<boolean> {
    const { revisions, task, workers } = this.#context;
    const plan = await planPack(pack, task);
    if (plan === undefined) return false;
    const baseLimit = revisions.source.config.uint64("core.deltaBaseCacheLimit");
    const endByte = this.#request.outputEnd === "NUL" ? 0 : 10;
    await printPlanned(pack, plan, seen, { output: this.#output, endByte, visit, workers, baseLimit, task });
    return true;
  }

  #line(bytes: Uint8Array, start: number, lineEnd: number): Promise<void> | undefined {
    const { inputEnd, mode } = this.#request;
    const strips = inputEnd === "LF" && lineEnd > start && bytes[lineEnd - 1] === carriageReturn;
    let end = strips ? lineEnd - 1 : lineEnd;
    if (mode === "commands") return this.#command(bytes, start, end);
    const extent = mode === "contents" ? "contents" : "info";
    const { hexLength } = this.#context.revisions.source.format;
    if (end - start === hexLength && this.#readId(bytes, start)) {
      const name = bytes.subarray(start, end);
      return this.#printer.print({ oid: this.#oid.slice(), name, mode: undefined, rest: undefined }, extent);
    }
    // as in git, a NUL ends a line
    if (inputEnd === "LF") {
      const nul = bytes.indexOf(0, start);
      if (nul >= 0 && nul < end) end = nul;
    }
    const line = bytes.slice(start, end);
    if (!this.#printer.takesRest) return this.#named(line, undefined, extent);
    const gap = line.findIndex(isBlank);
    if (gap < 0) return this.#named(line, undefined, extent);
    let rest = gap;
    while (rest < line.length && isBlank(line[rest]!)) rest++;
    return this.#named(line.subarray(0, gap), line.subarray(rest), extent);
  }

  async #named(name: Uint8Array, rest: Uint8Array | undefined, extent: Extent): Promise<void> {
    const { resolver, source } = this.#context.revisions;
    if (name.length === source.format.hexLength && this.#readId(name, 0)) {
      return this.#printer.print({ oid: this.#oid.slice(), name, mode: undefined, rest }, extent);
    }
    const { followSymlinks } = this.#request;
    const found = await resolver.resolve(nameOfBytes(name), { followSymlinks, checkIdNames: false });
    switch (found.outcome) {
      case "found":
        return this.#printer.print({ oid: found.oid, name, mode: found.mode, rest }, extent);
      case "symlink":
        return this.#printer.special("symlink", bytesOfName(found.target));
      case "missing":
      case "ambiguous":
        return this.#printer.status(name, found.outcome);
      default:
        return this.#printer.special(found.outcome, name);
    }
  }

  /** Reads the id that stands in hex at `start`; false if it is none. */
  #readId(bytes: Uint8Array, start: number): boolean {
    const oid = this.#oid;
    for (let i = 0; i < oid.length; i++) {
      const high = hexValue(bytes[start + 2 * i]!);
      const low = hexValue(bytes[start + 2 * i + 1]!);
      if ((high | low) < 0) return false;
      oid[i] = (high << 4) | low;
    }
    return true;
  }

  #command(bytes: Uint8Array, start: number, lineEnd: number): Promise<void> | undefined {
    const nul = bytes.indexOf(0, start);
    const end = nul >= 0 && nul < lineEnd ? nul : lineEnd;
    const line = bytes.slice(start, end);
    if (lineEnd === start) throw badCommand("empty command in input");
    if (line.length > 0 && /\s/.test(String.fromCharCode(line[0]!))) {
      throw badCommand(`whitespace before command: '${nameOfBytes(line)}'`);
    }
    const text = nameOfBytes(line);
    const name = commandNames.find((known) => text.startsWith(known));
    if (name === undefined) throw badCommand(`unknown command: '${text}'`);
    if (name === "flush") {
      if (text !== name) throw badCommand("flush takes no arguments");
      if (!this.#request.buffer) throw badCommand("flush is only for --buffer mode");
      return this.#flush();
    }
    if (line[name.length] !== space) throw badCommand(`${name} requires arguments`);
    const argument = line.subarray(name.length + 1);
    const work = () => (name === "mailmap" ? this.#mailmap(argument) : this.#named(argument, undefined, name));
    if (!this.#request.buffer) return work();
    this.#queue.push(work);
    return undefined;
  }

  /** Names are printed as they stand: that is right where there is no mail map. */
  async #mailmap(argument: Uint8Array): Promise<void> {
    const text = nameOfBytes(argument);
    const wanted = parseMaybeBool(text);
    if (wanted === undefined) throw badCommand(`mailmap: invalid boolean '${text}'`);
    if (!wanted) return;
    const { source, resolver } = this.#context.revisions;
    const { config, fs, places } = source;
    const isThere =
      config.has("mailmap.file") ||
      config.has("mailmap.blob") ||
      (await fs.stat(`${places.workTree ?? places.baseDirectory}/.mailmap`)) !== undefined ||
      (places.workTree === undefined && (await resolver.resolve("HEAD:.mailmap")).outcome === "found");
    if (isThere) throw badCommand("mailmap: mail maps are not supported");
  }

  async #flush(): Promise<void> {
    await this.#runQueue();
    await this.#output.flush();
  }

  async #runQueue(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    for (const work of queue) await work();
  }
}

const commandNames = ["contents", "info", "flush", "mailmap"] as const;

/** Objects of all after which the event loop turns, so that an interruption is heard. */
const visitsBetweenTurns = 16384;

declare const setImmediate: ((callback: () => void) => unknown) | undefined;

async function turn(wait: Promise<void> | undefined, task: TaskOptions): Promise<void> {
  await wait;
  await new Promise<void>((resolve) => {
    if (typeof setImmediate === "function") setImmediate(() => resolve());
    else setTimeout(resolve, 0);
  });
  checkAborted(task);
}

function hasPromisorRemote(config: { readonly entries: readonly { readonly key: string }[] }): boolean {
  return config.entries.some(({ key }) => /^remote\..*\.promisor$/s.test(key));
}

function isBlank(byte: number): boolean {
  return byte === space || byte === tab;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

function badCommand(message: string): GitmidxError {
  return new GitmidxError("unsupported", message);
}
