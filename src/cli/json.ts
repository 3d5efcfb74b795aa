/** JSON documents that are written while they are made: one object, whose arrays may be longer than memory. */

import type { Output } from "./output.js";

/** Text to gather before it is handed on. */
const batchLength = 1 << 15;

/**
 * Writes one JSON object, each member on its own line, each item of an array on its own line too: stable, fit for line tools, and
 * never whole in memory. Members stand in the order of the calls.
 */
export class JsonWriter {
  readonly #output: Output;
  #members = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Writes a member with a value that is small enough to have whole; none if `value` is undefined. */
  async member(name: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value);
    if (text !== undefined) await this.#output.write(`${this.#opening(name)}${text}`);
  }

  /** Writes a member with an array, item by item as `items` gives them. */
  async array(name: string, items: Iterable<unknown> | AsyncIterable<unknown>): Promise<void> {
    const array = this.openArray(name);
    for await (const item of items) await array.write(item);
    await array.end();
  }

  /** Begins a member with an array whose items come one by one; it must be ended before the next member. */
  openArray(name: string): JsonArrayWriter {
    return new JsonArrayWriter(this.#output, `${this.#opening(name)}[`);
  }

  /** Ends the document. */
  async end(): Promise<void> {
    await this.#output.write(this.#members === 0 ? "{}\n" : "\n}\n");
  }

  #opening(name: string): string {
    return `${this.#members++ === 0 ? "{" : ","}\n  ${JSON.stringify(name)}: `;
  }
}

/** An array that is being written. */
export class JsonArrayWriter {
  readonly #output: Output;
  #batch: string;
  #separator = "\n    ";

  /** @param opening what stands before the first item. */
  constructor(output: Output, opening: string) {
    this.#output = output;
    this.#batch = opening;
  }

  /** Adds an item. */
  async write(item: unknown): Promise<void> {
    this.#batch += this.#separator + JSON.stringify(item);
    this.#separator = ",\n    ";
    if (this.#batch.length < batchLength) return;
    const batch = this.#batch;
    this.#batch = "";
    await this.#output.write(batch);
  }

  /** Ends the array. */
  async end(): Promise<void> {
    await this.#output.write(this.#separator === "\n    " ? `${this.#batch}]` : `${this.#batch}\n  ]`);
  }
}
