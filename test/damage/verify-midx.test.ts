// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ErrorCode } from "../../src/core/errors.js";
import type { Finding } from "../../src/ops/verify-midx/finding.js";
import type { VerifyReport } from "../../src/ops/verify-midx/verify-midx.js";
import { type Fixture, fixtureNames, readFixture } from "../support/midx-fixtures.js";
import { scale } from "../support/scale.js";
import { type ChunkPlace, chunkPlaces, midxDamages, patched, u32, u64 } from "./midx-damages.js";
import { newErrors, resealed, verifyChanged } from "./verify-directory.js";

const fixtures = fixtureNames.map(readFixture);

/** What must be found: a code, and where. */
interface Expected {
  readonly code: ErrorCode;
  readonly chunk?: string | undefined;
  readonly offset?: number | undefined;
}

function has(findings: readonly Finding[], expected: Expected): boolean {
  const { code, chunk, offset } = expected;
  return findings.some((one) => one.code === code && one.chunk === chunk && one.offset === offset);
}

function shown(findings: readonly Finding[]): string {
  return findings.map(({ code, chunk, offset, message }) => `\n   ${code} ${chunk} ${offset}: ${message}`).join("");
}

const soundReports = new Map<Fixture, VerifyReport>();

/** What verify says of a fixture as it is. */
async function soundReport(fixture: Fixture): Promise<VerifyReport> {
  const report = soundReports.get(fixture) ?? (await verifyChanged(fixture, []));
  soundReports.set(fixture, report);
  return report;
}

/** Verifies with `bytes` in place of a multi-pack-index file, all checksums right, and gives the errors that the damage made. */
async function errorsOf(fixture: Fixture, path: string, bytes: Uint8Array): Promise<readonly Finding[]> {
  const before = await soundReport(fixture);
  return newErrors(await verifyChanged(fixture, resealed(fixture, path, bytes)), before);
}

test("the fixtures have nothing wrong but an offset that was put beyond the end of its pack", async () => {
  for (const fixture of fixtures) {
    const report = await verifyChanged(fixture, []);
    const errors = report.findings.filter(({ severity }) => severity === "error").map(({ code }) => code);
    assert.deepEqual(errors, fixture.name === "large-sha1" ? ["pack-index-mismatch"] : []);
    assert.equal(report.kind, fixture.name.startsWith("chain") ? "chain" : "single");
    assert.equal(report.layers.length, fixture.midxPaths.length);
  }
});

// Git 2.36 to 2.43 wrote RIDX without BTMP, so that a file without one is none that is damaged.
const harmless = ["BTMP under another id"];

for (const fixture of fixtures) {
  for (const path of fixture.midxPaths) {
    const bytes = fixture.files.get(path)!;

    test(`each change to the structure of ${fixture.name}/${path.slice(-12)} is found with its code and place, though the checksum is right`, async () => {
      for (const damage of midxDamages(bytes, fixture.format.byteLength)) {
        const errors = await errorsOf(fixture, path, damage.bytes);
        const { code, chunk, offset } = damage;
        if (code !== undefined) {
          assert.ok(has(errors, { code, chunk, offset }), `${damage.what}: ${code} ${chunk} ${offset}${shown(errors)}`);
        } else assert.equal(errors.length > 0, !harmless.includes(damage.what), `${damage.what}${shown(errors)}`);
      }
    });

    test(`any one byte of ${fixture.name}/${path.slice(-12)} changed is found by the checksum, and by what it says`, async () => {
      const places = chunkPlaces(bytes);
      const row = places.find(({ name }) => name === "BTMP")?.row;
      const end = bytes.length - fixture.format.byteLength;
      const before = await soundReport(fixture);
      for (let at = 0; at < bytes.length; at += scale(7, 1)) {
        const damaged = patched(bytes, at, bytes[at]! ^ (at % 2 === 0 ? 1 : 0x80));
        const found = newErrors(await verifyChanged(fixture, [[path, damaged]]), before);
        assert.ok(found.length > 0, `byte ${at}`);
        // The id of BTMP, as above; and the trailer, which is made right again.
        if (at >= end || (row !== undefined && at >= 12 + 12 * row && at < 16 + 12 * row)) continue;
        const errors = await errorsOf(fixture, path, damaged);
        assert.ok(errors.length > 0, `byte ${at} with the checksum made right`);
      }
    });
  }
}

/** A change to what a sound file says. */
interface ContentDamage {
  readonly what: string;
  readonly chunk: string;
  /** Byte offset in the chunk. */
  readonly at: number;
  readonly values: (bytes: Uint8Array, place: ChunkPlace) => readonly number[];
  /** What is found at least; offsets count from the beginning of the chunk that is named. */
  readonly found: readonly Expected[];
}

const rowOf = (bytes: Uint8Array, place: ChunkPlace, row: number, width: number) =>
  bytes.subarray(place.offset + row * width, place.offset + (row + 1) * width);

/** All for 20-byte ids. */
const contentDamages: readonly ContentDamage[] = [
  {
    what: "an id that no pack has",
    chunk: "OIDL",
    at: 19,
    values: (bytes, { offset }) => [bytes[offset + 19]! ^ 1],
    found: [{ code: "missing-object", chunk: "OOFF", offset: 0 }],
  },
  {
    what: "two ids the other way round",
    chunk: "OIDL",
    at: 0,
    values: (bytes, place) => [...rowOf(bytes, place, 1, 20), ...rowOf(bytes, place, 0, 20)],
    found: [
      { code: "bad-order", chunk: "OIDL", offset: 20 },
      { code: "bad-fanout", chunk: "OIDL", offset: 0 },
    ],
  },
  {
    what: "an id twice",
    chunk: "OIDL",
    at: 20,
    values: (bytes, place) => [...rowOf(bytes, place, 0, 20)],
    found: [{ code: "bad-order", chunk: "OIDL", offset: 20 }],
  },
  {
    what: "a pack number beyond the packs",
    chunk: "OOFF",
    at: 0,
    values: () => u32(99),
    found: [{ code: "bad-pack-id", chunk: "OOFF", offset: 0 }],
  },
  {
    what: "an offset at which the pack does not have the object",
    chunk: "OOFF",
    at: 4,
    values: () => u32(13),
    found: [{ code: "bad-offset", chunk: "OOFF", offset: 4 }],
  },
  {
    what: "an offset beyond everything",
    chunk: "OOFF",
    at: 4,
    values: () => u32(0x7fff_ffff),
    found: [{ code: "bad-offset", chunk: "OOFF", offset: 4 }],
  },
  {
    what: "a pseudo-pack row beyond the objects",
    chunk: "RIDX",
    at: 0,
    values: () => u32(4000),
    found: [{ code: "bad-reverse-index", chunk: "RIDX", offset: 0 }],
  },
  {
    what: "an object twice in the pseudo-pack",
    chunk: "RIDX",
    at: 4,
    values: (bytes, place) => [...rowOf(bytes, place, 0, 4)],
    found: [{ code: "bad-reverse-index", chunk: "RIDX", offset: 4 }],
  },
  {
    what: "two objects of the pseudo-pack the other way round",
    chunk: "RIDX",
    at: 0,
    values: (bytes, place) => [...rowOf(bytes, place, 1, 4), ...rowOf(bytes, place, 0, 4)],
    found: [{ code: "bad-reverse-index", chunk: "RIDX", offset: 4 }],
  },
  {
    what: "another first bit of a pack",
    chunk: "BTMP",
    at: 3,
    values: (bytes, { offset }) => [bytes[offset + 3]! + 1],
    found: [{ code: "bad-bitmapped-packs", chunk: "BTMP", offset: 0 }],
  },
  {
    what: "another number of a pack's objects",
    chunk: "BTMP",
    at: 7,
    values: (bytes, { offset }) => [bytes[offset + 7]! + 1],
    found: [{ code: "bad-bitmapped-packs", chunk: "BTMP", offset: 0 }],
  },
  {
    what: "a large offset that is small",
    chunk: "LOFF",
    at: 0,
    values: () => u64(201n),
    found: [{ code: "bad-large-offset", chunk: "LOFF", offset: 0 }],
  },
  {
    what: "a large offset above 2^53",
    chunk: "LOFF",
    at: 0,
    values: () => u64(1n << 53n),
    found: [{ code: "bad-large-offset", chunk: "LOFF", offset: 0 }],
  },
];

for (const damage of contentDamages) {
  test(`${damage.what} is found, with its place`, async () => {
    let files = 0;
    for (const fixture of fixtures.filter(({ format }) => format.name === "sha1")) {
      for (const path of fixture.midxPaths) {
        const bytes = fixture.files.get(path)!;
        const places = new Map(chunkPlaces(bytes).map((place) => [place.name, place]));
        const place = places.get(damage.chunk);
        if (place === undefined) continue;
        const values = damage.values(bytes, place);
        const errors = await errorsOf(fixture, path, patched(bytes, place.offset + damage.at, ...values));
        for (const { code, chunk = "", offset = 0 } of damage.found) {
          const expected = { code, chunk, offset: places.get(chunk)!.offset + offset };
          assert.ok(has(errors, expected), `${fixture.name}: ${JSON.stringify(expected)}${shown(errors)}`);
        }
        files++;
      }
    }
    assert.ok(files > 0);
  });
}

test("an id under the fanout entry of another first byte is found, with its place", async () => {
  for (const fixture of fixtures) {
    for (const path of fixture.midxPaths) {
      const bytes = fixture.files.get(path)!;
      const places = new Map(chunkPlaces(bytes).map((place) => [place.name, place]));
      const [fanout, ids] = [places.get("OIDF")!, places.get("OIDL")!];
      // The first id counts under the byte below its own.
      const first = bytes[ids.offset]!;
      const damaged = patched(bytes, fanout.offset + 4 * (first - 1), ...u32(1));
      const errors = await errorsOf(fixture, path, damaged);
      assert.ok(has(errors, { code: "bad-fanout", chunk: "OIDL", offset: ids.offset }), shown(errors));
    }
  }
});

test("a chunk whose id nobody knows is noted with its name and place, and is no error", async () => {
  for (const fixture of fixtures) {
    for (const path of fixture.midxPaths) {
      const bytes = fixture.files.get(path)!;
      const place = chunkPlaces(bytes).find(({ name }) => name === "BTMP");
      if (place === undefined) continue;
      const damaged = patched(bytes, 12 + 12 * place.row, ...new TextEncoder().encode("BTMQ"));
      const changes = resealed(fixture, path, damaged);
      const { findings } = await verifyChanged(fixture, changes);
      const notes = findings.filter(({ chunk }) => chunk === "BTMQ");
      assert.deepEqual(
        notes.map(({ severity, code, message, offset }) => [severity, code, message, offset]),
        [["note", "needs-newer-git", "unknown chunk 'BTMQ'; readers pass over it", place.offset]],
      );
      assert.deepEqual(await errorsOf(fixture, path, damaged), []);
    }
  }
  const known = await Promise.all(fixtures.map((fixture) => verifyChanged(fixture, [])));
  assert.ok(known.every(({ findings }) => findings.every(({ message }) => !message.startsWith("unknown chunk"))));
});

test("LOFF rows that are used twice, not at all, or are not there, are found with their places", async () => {
  const fixture = fixtures.find(({ name }) => name === "large-sha1")!;
  const bytes = fixture.files.get("multi-pack-index")!;
  const [objects, large] = ["OOFF", "LOFF"].map((name) => chunkPlaces(bytes).find((place) => place.name === name)!);
  const changes: [value: number, found: Expected[]][] = [
    [0x8000_0000, [{ code: "bad-large-offset", chunk: "LOFF", offset: large!.offset }]],
    [0x8000_0001, [{ code: "bad-large-offset", chunk: "OOFF", offset: objects!.offset + 4 }]],
  ];
  for (const [value, found] of changes) {
    const errors = await errorsOf(fixture, "multi-pack-index", patched(bytes, objects!.offset + 4, ...u32(value)));
    for (const expected of found) assert.ok(has(errors, expected), `${JSON.stringify(expected)}${shown(errors)}`);
  }
});
