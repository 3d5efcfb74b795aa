/** What is fuzzed, with the sound files it begins from: each format by itself, and a directory as readers open it. */

import assert from "node:assert/strict";
import { errorCodes, GitmidxError } from "../../src/core/errors.js";
import { parseChain } from "../../src/formats/midx/chain.js";
import { type VerifyReport, verifyMidx } from "../../src/ops/verify-midx/verify-midx.js";
import { writeMidx } from "../../src/ops/write-midx/write-midx.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { privatePermissions } from "../../src/store/permissions.js";
import { chunkPlaces } from "../damage/midx-damages.js";
import { newErrors, resealed, sealed, verifyChanged } from "../damage/verify-directory.js";
import { checkTyped, useIdx, useMidx, useRev } from "../support/exercise.js";
import type { FuzzSample, FuzzTarget } from "../support/fuzz.js";
import { chainFile, type Fixture, fixtureNames, memoryDirectory, readFixture } from "../support/midx-fixtures.js";
import type { Region } from "../support/mutate.js";
import { everySource } from "../support/sources.js";
import { typedly, useDirectory } from "../support/use-directory.js";
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
  if (!path.endsWith(".idx"))
    return [
      [0, 12],
      [12, bytes.length],
    ];
  const fanout = bytes[0] === 0xff ? 8 : 0;
  const count = view.getUint32(fanout + 4 * 255);
  const rows = fanout + 1024;
  // ids, checksums, offsets, 64-bit offsets; in version 1 they are one table
  const widths = [0, hashByteLength, hashByteLength + 4, hashByteLength + 8];
  const columns = [...widths.map((width) => rows + width * count), bytes.length - 2 * hashByteLength];
  const tables = columns.slice(1).map((end, i): Region => [columns[i]!, Math.min(end, bytes.length)]);
  return [[0, 8], [fanout, rows], ...tables, trailer];
}

function samplesOf(wanted: (path: string, bytes: Uint8Array) => boolean): FixtureSample[] {
  return fixtures.flatMap((fixture) =>
    [...fixture.files].flatMap(([path, bytes]) => {
      if (!wanted(path, bytes)) return [];
      const count = fixture.objects.filter(({ idx }) => idx === path.replace(/\.rev$/, ".idx")).length;
      const regions = regionsOf(path, bytes, fixture.format.byteLength);
      // Short enough for the name of a crash file, and telling.
      const name = `${fixture.name}-${path.replace(/^.*\//, "").replace(/([0-9a-f]{8})[0-9a-f]{32,}/, "$1")}`;
      return [{ name, bytes, regions, fixture, path, count }];
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

type Wanted = (path: string) => boolean;

/** A fixture's directory with one file damaged, and what is done with it; nothing must stay open. */
function directoryTarget(
  name: string,
  wanted: Wanted,
  use: (directory: ObjectDirectory, sample: FixtureSample, bytes: Uint8Array) => Promise<void>,
): FuzzTarget {
  return {
    name,
    samples: samplesOf(wanted),
    async check(bytes, sample) {
      const { fixture, path } = sample as FixtureSample;
      const watched = watchFs(memoryDirectory([...fixture.files, [path, bytes]], fixture.format).fs);
      await use(new ObjectDirectory(watched.fs, "/objects", fixture.format), sample as FixtureSample, bytes);
      assert.deepEqual(watched.open, [], "nothing stays open");
    },
  };
}

/** Whether the sample's file has a place in the checks of verify: reverse indexes of packs have not. */
const isVerified: Wanted = (path) => isMidx(path) || path.endsWith(".idx");

async function verifyErrors(directory: ObjectDirectory): Promise<number> {
  const { errors, findings } = await verifyMidx(directory);
  for (const { code, path, message } of findings) {
    assert.ok(errorCodes.includes(code) && path.startsWith("/objects/pack") && !/\p{Cc}/u.test(message), message);
  }
  return errors;
}

/** Where the id of BTMP stands: git 2.36 to 2.43 wrote RIDX without it, so that a file that has none may be sound. */
function idOfBitmappedPacks(bytes: Uint8Array): Region {
  const row = chunkPlaces(bytes).find(({ name }) => name === "BTMP")?.row;
  return row === undefined ? [0, 0] : [12 + 12 * row, 16 + 12 * row];
}

const soundReports = new Map<Fixture, VerifyReport>();

/** Every checksum is made right again, so that only what the file says can give the damage away. */
const sealedTarget: FuzzTarget = {
  name: "verify-sealed",
  samples: samplesOf(isMidx),
  async check(bytes, sample) {
    const { fixture, path, bytes: sound } = sample as FixtureSample;
    const [start, end] = idOfBitmappedPacks(sound);
    const changedId = Buffer.compare(bytes.subarray(start, end), sound.subarray(start, end)) !== 0;
    const report = await verifyChanged(fixture, resealed(fixture, path, bytes));
    if (changedId || Buffer.compare(sealed(bytes, fixture), sound) === 0) return;
    const before = soundReports.get(fixture) ?? (await verifyChanged(fixture, []));
    soundReports.set(fixture, before);
    const errors = newErrors(report, before);
    assert.ok(errors.length > 0, "verify finds nothing but the checksum wrong");
    assert.ok(errors.every(({ code }) => code !== "bad-checksum" && code !== "layer-name-mismatch"));
  },
};

/** What is done with directories. */
export const directoryTargets: readonly FuzzTarget[] = [
  directoryTarget(
    "read",
    (path) => isVerified(path) || path === chainFile || path.endsWith(".rev"),
    (directory, { fixture }) => useDirectory(directory, [...new Set(fixture.objects.map(({ oid }) => oid))]),
  ),
  directoryTarget("verify", isVerified, async (directory, { bytes: sound }, bytes) => {
    const errors = await verifyErrors(directory);
    if (Buffer.compare(bytes, sound) !== 0) assert.ok(errors > 0, "verify does not notice it");
  }),
  directoryTarget(
    "verify-bitmap",
    (path) => path.endsWith(".bitmap"),
    async (directory, { bytes: sound }, bytes) => {
      const errors = await verifyErrors(directory);
      if (Buffer.compare(bytes, sound) !== 0) assert.ok(errors > 0, "verify does not notice it");
    },
  ),
  directoryTarget(
    "verify-chain",
    (path) => path === chainFile,
    async (directory) => {
      await verifyErrors(directory);
    },
  ),
  directoryTarget(
    "write",
    (path) => isMidx(path) || path === chainFile,
    async (directory, { fixture, path, bytes: sound }, bytes) => {
      if (Buffer.compare(bytes, sound) === 0) return;
      const settings = { shared: privatePermissions, sync: false, lock: {} };
      const written = await typedly(() => writeMidx(directory, { settings }));
      if (written === undefined || fixture.name === "large-sha1") return;
      // A chain file that is read as it should be, though git writes it otherwise, may stay as it is.
      if (written.outcome === "unchanged") assert.equal(path, chainFile, "a damaged file is taken for up to date");
      else assert.equal(await verifyErrors(directory), 0, "what was written over it is damaged");
    },
  ),
  directoryTarget(
    "append",
    (path) => isMidx(path) || path === chainFile,
    async (directory) => {
      const settings = { shared: privatePermissions, sync: false, lock: {} };
      await typedly(() => writeMidx(directory, { settings, incremental: true }));
      await verifyErrors(directory);
    },
  ),
  sealedTarget,
];
