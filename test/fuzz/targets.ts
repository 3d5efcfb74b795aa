/** What is fuzzed, with the sound files it begins from: each format by itself, and a directory as readers open it. */

import assert from "node:assert/strict";
import { GitmidxError } from "../../src/core/errors.js";
import { oidFromHex, oidPrefixFromHex } from "../../src/core/oid.js";
import type { MidxPosition } from "../../src/core/positions.js";
import { parseChain } from "../../src/formats/midx/chain.js";
import { openMidxStack } from "../../src/store/midx-stack.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { chunkPlaces } from "../damage/midx-damages.js";
import { checkTyped, useIdx, useMidx, useRev } from "../support/exercise.js";
import type { FuzzSample, FuzzTarget } from "../support/fuzz.js";
import { chainFile, type Fixture, fixtureNames, memoryDirectory, readFixture } from "../support/midx-fixtures.js";
import type { Region } from "../support/mutate.js";
import { everySource } from "../support/sources.js";
import { watchFs } from "../support/watch-fs.js";

/** A sample that knows where it comes from. */
export interface FixtureSample extends FuzzSample {
  readonly fixture: Fixture;
  /** Its path in the pack directory. */
  readonly path: string;
  /** Objects in the pack, for indexes. */
  readonly count: number;
}

const isMidx = (path: string) => path === "multi-pack-index" || path.endsWith(".midx");

const fixtures = fixtureNames.map(readFixture);

/** The parts of a file of any of the formats. */
function regionsOf(path: string, bytes: Uint8Array, hashByteLength: number): Region[] {
  const trailer: Region = [bytes.length - hashByteLength, bytes.length];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isMidx(path)) {
    const table: Region = [12, 24 + 12 * bytes[6]!];
    const chunks = chunkPlaces(bytes).map(({ offset, byteLength }): Region => [offset, offset + byteLength]);
    return [[0, 12], table, ...chunks, trailer];
  }
  if (!path.endsWith(".idx")) return [[0, 12], [12, bytes.length]];
  const fanout = bytes[0] === 0xff ? 8 : 0;
  const count = view.getUint32(fanout + 4 * 255);
  const rows = fanout + 1024;
  // ids, checksums, offsets, 64-bit offsets; in version 1 they are one table
  const columns = [hashByteLength, 4, 4].reduce<number[]>((ends, width) => [...ends, ends.at(-1)! + width * count], [rows]);
  columns.push(bytes.length - 2 * hashByteLength);
  const tables = columns.slice(1).map((end, i): Region => [columns[i]!, Math.min(end, bytes.length)]);
  return [[0, 8], [fanout, rows], ...tables, trailer];
}

function samplesOf(wanted: (path: string, bytes: Uint8Array) => boolean): FixtureSample[] {
  return fixtures.flatMap((fixture) =>
    [...fixture.files].flatMap(([path, bytes], i) => {
      if (!wanted(path, bytes)) return [];
      const count = fixture.objects.filter(({ idx }) => idx === path.replace(/\.rev$/, ".idx")).length;
      const regions = regionsOf(path, bytes, fixture.format.byteLength);
      return [{ name: `${fixture.name}-${i}`, bytes, regions, fixture, path, count }];
    }),
  );
}

type Use = (source: Parameters<typeof useMidx>[0], sample: FixtureSample) => unknown[];

/** A format: each case from memory, and now and then from the other kinds of source, which must say the same. */
function formatTarget(name: string, samples: readonly FixtureSample[], use: Use): FuzzTarget {
  const outcome = (source: Parameters<typeof useMidx>[0], sample: FixtureSample) => {
    try {
      return use(source, sample);
    } catch (error) {
      const { code, message, offset, chunk } = checkTyped(error, source);
      return [code, message, offset, chunk];
    }
  };
  return {
    name,
    samples,
    check(bytes, sample, number) {
      const [memory, ...others] = everySource(bytes, sample.name).map(([, source]) => source);
      const answers = outcome(memory!, sample as FixtureSample);
      if (number % 16 !== 0) return;
      for (const source of others) assert.deepEqual(outcome(source, sample as FixtureSample), answers);
    },
  };
}

/** The formats. */
export const formatTargets: readonly FuzzTarget[] = [
  formatTarget(
    "idx-v1",
    samplesOf((path, bytes) => path.endsWith(".idx") && bytes[0] !== 0xff),
    (source, { fixture }) => useIdx(source, fixture.format),
  ),
  formatTarget(
    "idx-v2",
    samplesOf((path, bytes) => path.endsWith(".idx") && bytes[0] === 0xff),
    (source, { fixture }) => useIdx(source, fixture.format),
  ),
  formatTarget(
    "rev",
    samplesOf((path) => path.endsWith(".rev")),
    (source, { fixture, count }) => useRev(source, fixture.format, count),
  ),
  formatTarget(
    "midx-v1",
    samplesOf((path, bytes) => isMidx(path) && bytes[4] === 1),
    (source, { fixture }) => useMidx(source, fixture.format),
  ),
  formatTarget(
    "midx-v2",
    samplesOf((path, bytes) => isMidx(path) && bytes[4] === 2),
    (source, { fixture }) => useMidx(source, fixture.format),
  ),
  {
    name: "chain",
    samples: samplesOf((path) => path === chainFile),
    check(bytes, sample) {
      const { format } = (sample as FixtureSample).fixture;
      const { lines, problems } = parseChain(bytes, format);
      assert.ok(lines.length <= bytes.length / (format.hexLength + 1));
      for (const [i, { checksum, offset, line }] of lines.entries()) {
        assert.match(checksum, /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
        assert.equal(checksum.length, format.hexLength);
        assert.ok(line === i + 1 && offset + format.hexLength <= bytes.length);
      }
      for (const { code, message, offset } of problems) {
        checkTyped(new GitmidxError(code, message, { path: "chain", offset }), { name: "chain", size: bytes.length });
      }
    },
  },
];

/** A directory with one file damaged, opened and used as a reader does. */
export const directoryTarget: FuzzTarget = {
  name: "directory",
  samples: samplesOf((path) => isMidx(path) || path === chainFile),
  async check(bytes, sample) {
    const { fixture, path } = sample as FixtureSample;
    const { fs } = memoryDirectory([...fixture.files, [path, bytes]], fixture.format);
    const watched = watchFs(fs);
    const directory = new ObjectDirectory(watched.fs, "/objects", fixture.format);
    try {
      const stack = await openMidxStack(directory);
      for (const { oid } of fixture.objects) {
        typed(() => stack?.findObject(oidFromHex(oid, fixture.format)));
        stack?.findPrefix(oidPrefixFromHex(oid.slice(0, 3), fixture.format));
      }
      const positions = Array.from({ length: Math.min(stack?.objectCount ?? 0, 100) }, (_, i) => i as MidxPosition);
      for (const position of positions) typed(() => stack?.objectAt(position));
      for (const problem of stack?.problems ?? []) assert.ok(problem.message.length > 0 && problem.path !== undefined);
      stack?.close();
    } catch (error) {
      if (!(error instanceof GitmidxError)) throw error;
      assert.ok(error.path?.startsWith("/objects/pack/"), `${error.path}`);
    }
    assert.deepEqual(watched.open, [], "nothing stays open");
    for (const touched of watched.paths) assert.match(touched, /^\/objects\/pack\/multi-pack-index(?:$|\.d\/[^/]+$)/);
  },
};

function typed(use: () => unknown): void {
  try {
    use();
  } catch (error) {
    if (!(error instanceof GitmidxError)) throw error;
  }
}
