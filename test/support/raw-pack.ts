/** Packs written entry by entry, so that they can hold what no git would put into one. */

import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { type ObjectType, objectTypeCode } from "../../src/core/object-type.js";
import {
  ofsDeltaCode,
  refDeltaCode,
  writeBaseDistance,
  writeEntryHeader,
} from "../../src/formats/pack/entry-header.js";

/** The content of an object: text is taken as latin-1, so that every byte can be written. */
export type Content = string | Uint8Array;

export function contentBytes(content: Content): Buffer {
  return typeof content === "string" ? Buffer.from(content, "latin1") : Buffer.from(content);
}

/** The id of an object. */
export function objectId(type: ObjectType, content: Content, format: "sha1" | "sha256" = "sha1"): Buffer {
  const bytes = contentBytes(content);
  return createHash(format).update(`${type} ${bytes.length}\0`).update(bytes).digest();
}

/** One entry of a tree: `id` in hex or as bytes. */
export function treeEntry(mode: string, name: string, id: string | Uint8Array): Buffer {
  const idBytes = typeof id === "string" ? Buffer.from(id, "hex") : Buffer.from(id);
  return Buffer.concat([Buffer.from(`${mode} ${name}\0`, "latin1"), idBytes]);
}

/** A delta: a copy of all of the base with `suffix` behind it. */
export function appendDelta(baseSize: number, suffix: Content): Buffer {
  const bytes = contentBytes(suffix);
  const parts: number[] = [...sizeBytes(baseSize), ...sizeBytes(baseSize + bytes.length)];
  for (let at = 0; at < baseSize; ) {
    const size = Math.min(0xffff, baseSize - at);
    parts.push(0x80 | 0x0f | 0x30, at & 255, (at >> 8) & 255, (at >> 16) & 255, at >>> 24, size & 255, size >> 8);
    at += size;
  }
  for (let at = 0; at < bytes.length; at += 127) {
    const piece = bytes.subarray(at, at + 127);
    parts.push(piece.length, ...piece);
  }
  return Buffer.from(parts);
}

/** A size as it stands at the beginning of a delta. */
export function sizeBytes(size: number): number[] {
  const bytes: number[] = [];
  for (let rest = size; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push(128 + (rest % 128));
  }
}

/** Builds a pack. */
export class RawPack {
  readonly #format: "sha1" | "sha256";
  readonly #parts: Buffer[] = [];
  #at = 12;
  #count = 0;

  constructor(format: "sha1" | "sha256" = "sha1") {
    this.#format = format;
  }

  /** Adds an object. @returns the offset of its entry. */
  add(type: ObjectType, content: Content): number {
    const bytes = contentBytes(content);
    return this.addEntry(objectTypeCode(type)!, bytes.length, undefined, deflateSync(bytes));
  }

  /** Adds a delta on the entry at `base`. */
  addOfsDelta(base: number, delta: Uint8Array): number {
    const distance = new Uint8Array(10);
    const length = writeBaseDistance(distance, 0, this.#at - base);
    return this.addEntry(ofsDeltaCode, delta.length, distance.subarray(0, length), deflateSync(delta));
  }

  /** Adds a delta on the object `base`. */
  addRefDelta(base: Uint8Array, delta: Uint8Array): number {
    return this.addEntry(refDeltaCode, delta.length, base, deflateSync(delta));
  }

  /** Adds an entry of any type that claims any size. */
  addEntry(type: number, size: number, base: Uint8Array | undefined, stream: Uint8Array): number {
    const header = new Uint8Array(10);
    const length = writeEntryHeader(header, 0, type, size);
    return this.addBytes(Buffer.concat([header.subarray(0, length), base ?? Buffer.alloc(0), stream]));
  }

  /** Adds bytes as an entry. */
  addBytes(bytes: Uint8Array): number {
    const at = this.#at;
    this.#parts.push(Buffer.from(bytes));
    this.#at += bytes.length;
    this.#count++;
    return at;
  }

  /** The pack. @param count what its header claims, if not the truth. */
  finish(count = this.#count, version = 2): Buffer {
    const header = Buffer.alloc(12);
    header.write("PACK");
    header.writeUInt32BE(version, 4);
    header.writeUInt32BE(count, 8);
    const body = Buffer.concat([header, ...this.#parts]);
    return Buffer.concat([body, createHash(this.#format).update(body).digest()]);
  }
}
