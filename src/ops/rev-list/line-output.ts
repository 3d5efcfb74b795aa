/** Lines about objects, in bytes: millions of them cost no promise and no text each. */

import { ByteOutput, type WriteBytes } from "../cat-file/byte-output.js";
import type { ObjectTable } from "../walk/object-table.js";
import type { PathBuffer } from "../walk/path-buffer.js";

const hexDigits = new TextEncoder().encode("0123456789abcdef");
const newline = 0x0a;
const space = 0x20;
const pathTag = new TextEncoder().encode("path=");
/** The longest line that is put together in place. */
const longestLine = 1 << 14;

/** Writes them. What comes back must be awaited where it is a promise. */
export class LineOutput {
  readonly #output: ByteOutput;
  readonly #end: number;

  constructor(write: WriteBytes, end: "LF" | "NUL") {
    this.#output = new ByteOutput(write);
    this.#end = end === "NUL" ? 0 : newline;
  }

  /** An id and the end of the line. */
  id(objects: ObjectTable, row: number): Promise<void> | undefined {
    const output = this.#output;
    const at = output.reserve(2 * objects.set.idByteLength + 1);
    if (at < 0) return output.flush().then(() => this.id(objects, row));
    const end = putHex(output.buffer, at, objects, row);
    output.buffer[end] = this.#end;
    output.commit(end + 1);
    return undefined;
  }

  /** An id and a path, as far as it fits into a line. */
  idAndPath(objects: ObjectTable, row: number, path: PathBuffer): Promise<void> | undefined {
    if (path.length > longestLine) return this.#longPath(objects, row, path.view().slice());
    const output = this.#output;
    const at = output.reserve(2 * objects.set.idByteLength + path.length + pathTag.length + 2);
    if (at < 0) {
      const { length } = path;
      return output.flush().then(() => {
        path.truncate(length);
        return this.idAndPath(objects, row, path);
      });
    }
    const { buffer } = output;
    let end = putHex(buffer, at, objects, row);
    const source = path.bytes;
    const { length } = path;
    if (this.#end === newline) {
      buffer[end++] = space;
      for (let i = 0; i < length && source[i] !== newline; i++) buffer[end++] = source[i]!;
    } else if (length > 0) {
      buffer[end++] = 0;
      for (const byte of pathTag) buffer[end++] = byte;
      for (let i = 0; i < length; i++) buffer[end++] = source[i]!;
    }
    buffer[end++] = this.#end;
    output.commit(end);
    return undefined;
  }

  /** ASCII text as it stands. */
  text(text: string): Promise<void> | undefined {
    return this.#output.text(text);
  }

  /** Bytes as they stand. */
  bytes(bytes: Uint8Array): Promise<void> | undefined {
    return this.#output.bytes(bytes);
  }

  /** The end of a line. */
  end(): Promise<void> | undefined {
    return this.#output.text(this.#end === newline ? "\n" : "\0");
  }

  flush(): Promise<void> {
    return this.#output.flush();
  }

  async #longPath(objects: ObjectTable, row: number, path: Uint8Array): Promise<void> {
    await this.#output.text(objects.hex(row));
    const cut = path.indexOf(newline);
    if (this.#end === newline) {
      await this.#output.text(" ");
      await this.#output.bytes(cut < 0 ? path : path.subarray(0, cut));
    } else {
      await this.#output.text("\0path=");
      await this.#output.bytes(path);
    }
    await this.end();
  }
}

/** Writes the digits of a row's id. @returns where they end */
function putHex(target: Uint8Array, at: number, objects: ObjectTable, row: number): number {
  const { ids, idByteLength } = objects.set;
  let place = at;
  for (let from = row * idByteLength, end = from + idByteLength; from < end; from++) {
    const byte = ids[from]!;
    target[place++] = hexDigits[byte >> 4]!;
    target[place++] = hexDigits[byte & 15]!;
  }
  return place;
}
