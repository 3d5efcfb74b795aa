/** The whole first pass: header, entries, trailer. */

import { env } from "#env";
import { GitmidxError } from "../../core/errors.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { Step } from "../../core/task.js";
import type { Hasher } from "../../env/contract.js";
import { packHeaderByteLength, packSignature } from "../../formats/pack-frame.js";
import { EntryTable, type TableMemory } from "./entry-table.js";
import { FirstPass, type FirstPassOptions } from "./first-pass.js";
import { type ByteFeed, PackInput } from "./pack-input.js";

/** What a pack says of itself. */
export interface PackHeader {
  readonly version: 2 | 3;
  /** Entries that there should be. */
  readonly count: number;
}

/** A pack that has been read through. */
export interface ReadPack {
  readonly header: PackHeader;
  readonly table: EntryTable;
  /** The pack's trailer, which is the hash of all before it. */
  readonly checksum: Uint8Array;
}

/** A window over a pack, and the running hash of what has passed it. */
export interface HashedInput {
  readonly input: PackInput;
  readonly hasher: Hasher;
}

/**
 * A window over `feed` that hashes what passes and hands it on to `write`. Attacks are not looked for here, but object by object.
 */
export function hashedInput(
  feed: ByteFeed,
  format: ObjectFormat,
  write?: (bytes: Uint8Array) => Promise<void>,
): HashedInput {
  const hasher = env.createHasher(format);
  const pass = (bytes: Uint8Array) => {
    hasher.update(bytes);
    return write?.(bytes);
  };
  return { input: new PackInput(feed, pass), hasher };
}

/** @throws GitmidxError `truncated`, `bad-signature` or `bad-version`, in git's words. */
export async function readPackHeader(input: PackInput): Promise<PackHeader> {
  await input.need(packHeaderByteLength);
  const view = new DataView(input.bytes.buffer, input.bytes.byteOffset + input.at, packHeaderByteLength);
  if (view.getUint32(0) !== packSignature) {
    throw new GitmidxError("bad-signature", "pack signature mismatch", { offset: 0 });
  }
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) {
    throw new GitmidxError("bad-version", `pack version ${version} unsupported`, { offset: 4 });
  }
  input.at += packHeaderByteLength;
  return { version, count: view.getUint32(8) };
}

/** The fewest bytes that an entry usually takes: a table for smaller ones has to grow. */
const usualEntryByteLength = 32;

/** Room for the entries of a pack: as many as it says it has, but no more than there usually are in that many bytes. */
export function tableFor(
  format: ObjectFormat,
  count: number,
  packByteLength: number | undefined,
  memory: TableMemory,
): EntryTable {
  const most = packByteLength === undefined ? 1 << 12 : Math.floor(packByteLength / usualEntryByteLength);
  return new EntryTable(format, Math.min(count, most), memory);
}

/**
 * Reads the entries of a pack into `table`, on this thread.
 * @throws GitmidxError as `FirstPass.run`
 */
export async function readEntries(
  { input }: HashedInput,
  count: number,
  title: string,
  table: EntryTable,
  options: FirstPassOptions,
): Promise<void> {
  const step = new Step(options, title, count);
  await new FirstPass(input, table, options).run(step, (_, rows) => rows < count);
  step.finish();
}

/**
 * Reads the trailer.
 * @returns the pack's checksum.
 * @throws GitmidxError `truncated`, `bad-checksum`
 */
export async function readTrailer({ input, hasher }: HashedInput, format: ObjectFormat): Promise<Uint8Array> {
  await input.passOn();
  const checksum = hasher.digest();
  await input.need(format.byteLength);
  const stored = input.bytes.slice(input.at, input.at + format.byteLength);
  if (toHex(stored) !== toHex(checksum)) {
    const message = `pack is corrupted (SHA1 mismatch)\nits trailer is ${toHex(stored)}, but its content has ${toHex(checksum)}`;
    throw new GitmidxError("bad-checksum", message, { offset: input.offset });
  }
  input.skip(format.byteLength);
  return checksum;
}
