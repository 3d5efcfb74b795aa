/** Takes entries over from other packs, without inflating them. */

import { env } from "#env";
import { toHex } from "../../core/oid.js";
import type { Inflater } from "../../env/contract.js";
import type { PackStream } from "../../formats/pack/write.js";
import type { PackEntries } from "./entries.js";
import type { SourcePack } from "./source-pack.js";

/** The copy in the pack is damaged. */
const damaged = -1;

/** An entry of a source pack. */
interface SourceEntry {
  readonly pack: SourcePack;
  readonly entry: number;
  readonly start: number;
  readonly end: number;
}

/** What the copier is told. */
interface CopyOptions {
  /** Whether the CRC32s of the index, or where it has none the zlib streams, are checked. */
  readonly check: boolean;
  readonly complain: (message: string) => void;
}

/** Copies entries behind new headers. */
export class EntryCopier {
  readonly #entries: PackEntries;
  readonly #options: CopyOptions;
  #inflater: Inflater | undefined;

  constructor(entries: PackEntries, options: CopyOptions) {
    this.#entries = entries;
    this.#options = options;
  }

  /**
   * Appends the entry of a row with the new header `header[0, headerLength)`.
   * @param limit bytes that are left with a trailer, 0 for any number.
   * @returns bytes written; 0 if they would bust the limit; −1 if the entry is damaged, which has been told. A promise for a long entry.
   */
  copy(
    row: number,
    header: Uint8Array,
    headerLength: number,
    stream: PackStream,
    limit: number,
  ): number | Promise<number> {
    const { list, sources, source, sourceOffset, sourceEntry, sourceHeader } = this.#entries;
    const pack = sources[source[row]!]!;
    const start = sourceOffset[row]!;
    const known = sourceEntry[row]!;
    const entry = known >= 0 ? known : pack.entryOf(start, list.idAt(row));
    const end = pack.offsetOf(entry + 1);
    const from: SourceEntry = { pack, entry, start, end };
    const length = headerLength + (end - start - sourceHeader[row]!);
    const at = pack.view.locate(start);
    if (at + end - start > pack.view.end) return this.#copyLong(row, from, header, headerLength, stream, limit);
    const { bytes } = pack.view;
    const body = at + sourceHeader[row]!;
    const until = at + end - start;
    let crc: number | undefined;
    if (this.#options.check) {
      crc = pack.crc32Of(entry);
      if (crc === undefined) {
        if (!this.#inflates(bytes, body, until, this.#entries.size[row]!))
          return this.#complain(row, "corrupt packed object for");
      } else if (env.crc32(bytes, at, until) !== crc) return this.#complain(row, "bad packed object CRC for");
    }
    if (limit > 0 && length + list.format.byteLength >= limit) return 0;
    const unchanged = crc !== undefined && headerLength === body - at && isEqual(header, bytes, at, headerLength);
    this.#entries.crc32s[row] = unchanged ? crc! : env.crc32(bytes, body, until, env.crc32(header, 0, headerLength));
    stream.append(header, 0, headerLength);
    stream.append(bytes, body, until);
    return length;
  }

  /** The same for an entry that is not in one window. */
  async #copyLong(
    row: number,
    { pack, entry, start, end }: SourceEntry,
    header: Uint8Array,
    headerLength: number,
    stream: PackStream,
    limit: number,
  ): Promise<number> {
    const { source } = pack.view;
    const body = start + this.#entries.sourceHeader[row]!;
    if (this.#options.check) {
      const known = pack.crc32Of(entry);
      if (known === undefined) {
        if (!this.#inflatesLong(pack, body, end, this.#entries.size[row]!))
          return this.#complain(row, "corrupt packed object for");
      } else {
        let crc = 0;
        for (const window of source.windows(start, end)) crc = env.crc32(window, 0, window.length, crc);
        if (crc !== known) return this.#complain(row, "bad packed object CRC for");
      }
    }
    const length = headerLength + end - body;
    if (limit > 0 && length + this.#entries.list.format.byteLength >= limit) return 0;
    let crc = env.crc32(header, 0, headerLength);
    stream.append(header, 0, headerLength);
    for (const window of source.windows(body, end)) {
      crc = env.crc32(window, 0, window.length, crc);
      stream.append(window);
      await stream.drain();
    }
    this.#entries.crc32s[row] = crc;
    return length;
  }

  #complain(row: number, problem: string): number {
    this.#options.complain(`${problem} ${toHex(this.#entries.list.idAt(row))}`);
    return damaged;
  }

  /** Whether `bytes[start, end)` is exactly one sound zlib stream of `size` bytes. */
  #inflates(bytes: Uint8Array, start: number, end: number, size: number): boolean {
    this.#inflater ??= env.createInflater();
    return this.#inflater.inflate(bytes, start, bytes.length, new Uint8Array(size + 1), 0, size) === end - start;
  }

  #inflatesLong(pack: SourcePack, start: number, end: number, size: number): boolean {
    const inflate = env.createInflateStream();
    const output = new Uint8Array(1 << 16);
    let produced = 0;
    let consumed = 0;
    for (const window of pack.view.source.windows(start, end)) {
      for (let at = 0; at < window.length; ) {
        const state = inflate.run(window, at, window.length, output);
        at += inflate.consumed;
        consumed += inflate.consumed;
        produced += inflate.produced;
        if (state === "end") return produced === size && consumed === end - start;
        if (state === "corrupt" || (inflate.consumed === 0 && inflate.produced === 0)) return false;
      }
    }
    return false;
  }
}

function isEqual(header: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (header[i] !== bytes[at + i]) return false;
  return true;
}
