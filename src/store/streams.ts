/** Objects that come piece by piece. */

import { withRanges } from "../bytes/source.js";
import type { ObjectTypeCode } from "../core/object-type.js";
import { objectTypeName } from "../core/object-type.js";
import { checkAborted, type TaskOptions } from "../core/task.js";
import type { EntryReader, PackEntryHeader } from "./entry-reader.js";
import type { OpenPack } from "./open-pack.js";
import type { PackFs } from "./pack-fs.js";
import { LooseReader } from "./read-loose.js";
import type { ObjectStream, StoredObject } from "./stored-object.js";

/** Bytes of a loose object's pieces. */
const pieceByteLength = 1 << 16;

/** The same pieces until the signal fires; asking for them again is a TypeError. */
export function readOnce(
  pieces: AsyncIterable<Uint8Array>,
  task: Pick<TaskOptions, "signal">,
): AsyncIterable<Uint8Array> {
  let taken = false;
  return {
    [Symbol.asyncIterator]() {
      if (taken) throw new TypeError("the chunks of an object are read once only");
      taken = true;
      return untilAborted(pieces, task);
    },
  };
}

async function* untilAborted(
  pieces: AsyncIterable<Uint8Array>,
  task: Pick<TaskOptions, "signal">,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkAborted(task);
  for await (const piece of pieces) {
    yield piece;
    checkAborted(task);
  }
}

/** A stream of one piece. */
export function streamOfBytes({ type, bytes }: StoredObject): ObjectStream {
  return {
    type,
    size: bytes.length,
    chunks: (async function* () {
      if (bytes.length > 0) yield bytes;
    })(),
  };
}

/** The content of an entry that is no delta. */
export function streamOfEntry(reader: EntryReader, pack: OpenPack, entry: PackEntryHeader): ObjectStream {
  return {
    type: objectTypeName(entry.type as ObjectTypeCode),
    size: entry.size,
    chunks: (async function* () {
      const pieces = await withRanges(() => reader.pieces(pack, entry));
      for (;;) {
        const piece = await withRanges(() => pieces.next());
        if (piece === undefined) return;
        yield piece;
      }
    })(),
  };
}

/** The content of a loose object: whole, if it has no more than `wholeByteLength` bytes. @throws as `LooseReader` */
export async function streamOfLoose(
  fs: PackFs,
  loose: { readonly path: string; readonly oid: string },
  wholeByteLength: number,
): Promise<ObjectStream> {
  const reader = await LooseReader.open(fs, loose);
  const { type, size } = reader;
  try {
    if (size <= wholeByteLength) return streamOfBytes({ type, bytes: await reader.readAll() });
  } finally {
    reader.close();
  }
  // Opened again when it is read: a stream that nobody reads must not hold a file open.
  return { type, size, chunks: piecesOfLoose(fs, loose) };
}

async function* piecesOfLoose(
  fs: PackFs,
  loose: { readonly path: string; readonly oid: string },
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = await LooseReader.open(fs, loose);
  try {
    const room = new Uint8Array(pieceByteLength);
    for (;;) {
      const piece = await reader.next(room);
      if (piece === undefined) return;
      yield piece;
    }
  } finally {
    reader.close();
  }
}
