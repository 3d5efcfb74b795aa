// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { isGitmidxError } from "../../../src/core/errors.js";
import { sha1, sha256 } from "../../../src/core/oid.js";
import { type FileEntry, fileEntries } from "../../../src/ops/inspect/file-entries.js";
import type { FileReport } from "../../../src/ops/inspect/file-report.js";
import { inspectDirectory, packDirectoryOf } from "../../../src/ops/inspect/inspect-directory.js";
import { inspectFile } from "../../../src/ops/inspect/inspect-file.js";
import { FetchedFs } from "../../../src/store/fetched-fs.js";
import type { MemoryFs } from "../../../src/store/memory-fs.js";
import { fakeIdx, randomTable } from "../../support/fake-idx.js";
import { fixtureFiles } from "../../support/fetched-files.js";
import {
  chainFile,
  type Fixture,
  filesEnding,
  fixtureNames,
  memoryDirectory,
  readFixture,
} from "../../support/midx-fixtures.js";
import { smallCache } from "../../support/sources.js";

function fsOf(fixture: Fixture): MemoryFs {
  return memoryDirectory(fixture.files, fixture.format).fs;
}

async function entriesOf(fs: MemoryFs | FetchedFs, path: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const batch of fileEntries(fs, path)) entries.push(...batch);
  return entries;
}

function hexAt(bytes: Uint8Array, from: number, to?: number): string {
  return Buffer.from(bytes.slice(from, to)).toString("hex");
}

/** The parts lie one behind the other and cover the file, but for what the caller says. */
function assertCovered({ parts, byteLength, path }: FileReport): void {
  let end = 0;
  for (const part of parts) {
    assert.equal(part.offset, end, `${path}: ${part.name}`);
    end += part.byteLength;
  }
  assert.equal(end, byteLength, path);
}

test("a pack index tells its version, counts, tables and checksums, and its entries are those of git show-index", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const fs = fsOf(fixture);
    for (const [path, bytes] of filesEnding(fixture, ".idx")) {
      const objects = fixture.objects.filter(({ idx }) => idx === path);
      const report = await inspectFile(fs, `/objects/pack/${path}`);
      const { byteLength: hash } = fixture.format;
      assert.deepEqual([report.kind, report.hash, report.objects], ["pack-index", fixture.format.name, objects.length]);
      assert.equal(report.version, bytes[0] === 0xff ? 2 : 1);
      assert.equal(report.checksum, hexAt(bytes, -hash));
      const pack = fixture.files.get(path.replace("idx", "pack"))!;
      assert.equal(report.packChecksum, hexAt(pack, -hash));
      assert.deepEqual(report.problems, []);
      assertCovered(report);
      const entries = await entriesOf(fs, `/objects/pack/${path}`);
      assert.deepEqual(
        entries.map(({ oid, offset }) => `${oid} ${offset}`),
        objects.map(({ oid, offset }) => `${oid} ${offset}`).sort(),
      );
      assert.ok(
        entries.every(({ crc32 }) => (report.version === 1 ? crc32 === undefined : /^[0-9a-f]{8}$/.test(crc32!))),
      );
    }
  }
});

test("a reverse index tells its counts, and its entries are in the order of the pack", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const fs = fsOf(fixture);
    for (const [path, bytes] of filesEnding(fixture, ".rev").filter(([path]) => path.startsWith("pack-"))) {
      const report = await inspectFile(fs, `/objects/pack/${path}`);
      const inIdx = await entriesOf(fs, `/objects/pack/${path.replace("rev", "idx")}`);
      assert.deepEqual([report.kind, report.version, report.objects], ["reverse-index", 1, inIdx.length]);
      assert.equal(report.checksum, hexAt(bytes, -fixture.format.byteLength));
      assertCovered(report);
      const offsets = (await entriesOf(fs, `/objects/pack/${path}`)).map(
        ({ idxPosition }) => inIdx[idxPosition!]!.offset!,
      );
      assert.deepEqual(
        offsets,
        offsets.toSorted((a, b) => a - b),
      );
    }
  }
});

test("a pack tells its header and trailer", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    for (const [path, bytes] of filesEnding(fixture, ".pack")) {
      const report = await inspectFile(fsOf(fixture), `/objects/pack/${path}`);
      const inIdx = fixture.objects.filter(({ idx }) => idx === path.replace(/pack$/, "idx"));
      assert.deepEqual([report.kind, report.version, report.hash], ["pack", 2, fixture.format.name]);
      assert.equal(report.objects, inIdx.length);
      assert.equal(report.checksum, hexAt(bytes, -fixture.format.byteLength));
      assertCovered(report);
      assert.deepEqual(await entriesOf(fsOf(fixture), `/objects/pack/${path}`), []);
    }
  }
});

test("a multi-pack-index and each layer tell chunks, packs and counts, and entries that are copies git has", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const fs = fsOf(fixture);
    const copies = new Set(fixture.objects.map(({ oid, idx, offset }) => `${oid} ${idx} ${offset}`));
    let total = 0;
    for (const path of fixture.midxPaths) {
      const bytes = fixture.files.get(path)!;
      const report = await inspectFile(fs, `/objects/pack/${path}`);
      assert.deepEqual([report.kind, report.hash, report.version], ["multi-pack-index", fixture.format.name, bytes[4]]);
      assert.equal(report.packs?.length, Buffer.from(bytes).readUInt32BE(8));
      assert.equal(report.checksum, hexAt(bytes, -fixture.format.byteLength));
      assert.deepEqual(report.problems, []);
      assertCovered(report);
      const chunks = report.parts.map((part) => part.name).slice(2, -1);
      assert.deepEqual(chunks.slice(0, 4), ["PNAM", "OIDF", "OIDL", "OOFF"]);
      assert.equal(chunks.length, bytes[6]);
      if (chunks.includes("BTMP")) {
        const sum = report.packs!.reduce((objects, pack) => objects + pack.objects!, 0);
        assert.equal(sum, report.objects);
      }
      const entries = await entriesOf(fs, `/objects/pack/${path}`);
      assert.equal(entries.length, report.objects);
      for (const { oid, pack, offset, packNumber } of entries) {
        assert.ok(copies.has(`${oid} ${pack} ${offset}`));
        assert.equal(report.packs![packNumber!]!.name, pack);
      }
      total += entries.length;
    }
    assert.equal(total, new Set(fixture.objects.map(({ oid }) => oid)).size);
  }
});

test("a chain file tells its layers, whatever its name", async () => {
  for (const name of ["chain-sha1", "chain-sha256"] as const) {
    const fixture = readFixture(name);
    const fs = fsOf(fixture);
    const report = await inspectFile(fs, `/objects/pack/${chainFile}`);
    const text = new TextDecoder().decode(fixture.files.get(chainFile)).trim();
    assert.deepEqual([report.kind, report.hash], ["multi-pack-index-chain", fixture.format.name]);
    assert.deepEqual(
      report.layers?.map(({ checksum }) => checksum),
      text.split("\n"),
    );
    for (const [i, layer] of report.layers!.entries()) {
      const { objects, packs } = await inspectFile(fs, `/objects/pack/${fixture.midxPaths[i]}`);
      assert.deepEqual([layer.objects, layer.packs], [objects, packs?.length]);
    }
    assert.deepEqual(report.problems, []);
    assertCovered(report);
    fs.put("/elsewhere/list", fixture.files.get(chainFile)!);
    const alone = await inspectFile(fs, "/elsewhere/list");
    assert.deepEqual(
      alone.problems.map(({ code }) => code),
      text.split("\n").map(() => "missing-layer"),
    );
  }
});

test("a kind is known by content, not by name", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const fs = fsOf(fixture);
    for (const [path, bytes] of fixture.files) {
      if (!/\.(idx|rev|pack|midx)$|multi-pack-index$/.test(path)) continue;
      fs.put("/other", bytes);
      const known = await inspectFile(fs, `/objects/pack/${path}`);
      const { format } = fixture;
      assert.deepEqual(await inspectFile(fs, "/other", { format }), { ...known, path: "/other" });
    }
  }
  const fs = fsOf(readFixture("single-sha1"));
  for (const bytes of [
    new Uint8Array(0),
    new Uint8Array(3),
    new Uint8Array(4000).fill(1),
    new TextEncoder().encode("tree\n"),
  ]) {
    fs.put("/other", bytes);
    await assert.rejects(inspectFile(fs, "/other"), { code: "bad-signature", path: "/other" });
  }
  await assert.rejects(inspectFile(fs, "/nothing"), { code: "not-found" });
});

test("a damaged file is shown as far as it can be read, with what is wrong and where", async () => {
  const fixture = readFixture("single-sha1");
  const midx = fixture.files.get("multi-pack-index")!;
  const [idxPath, idx] = filesEnding(fixture, ".idx").find(([, bytes]) => bytes[0] === 0xff)!;
  const rev = filesEnding(fixture, ".rev").find(([path]) => path.startsWith("pack-"))![1];
  const pack = fixture.files.get(idxPath.replace(/idx$/, "pack"))!;
  const changed = (bytes: Uint8Array, at: number, value: number) => {
    const copy = bytes.slice();
    copy[at] = value;
    return copy;
  };
  const table = 12 + (midx[6]! + 1) * 12;
  const cases: readonly (readonly [Uint8Array, Partial<FileReport>, object])[] = [
    [
      changed(midx, 4, 9),
      { version: 9, parts: [{ name: "header", offset: 0, byteLength: 12 }] },
      { code: "bad-version", offset: 4 },
    ],
    [changed(midx, 11, 99), { packs: undefined }, { code: "bad-chunk-size", chunk: "PNAM" }],
    [changed(midx, table, 0xff), { objects: undefined }, { code: "bad-pack-order", chunk: "PNAM" }],
    [midx.slice(0, 14), { version: 1 }, { code: "truncated" }],
    [changed(idx, 7, 3), { version: 3, parts: [] }, { code: "bad-version", offset: 4 }],
    [idx.slice(0, -1), { version: 2, parts: [] }, { code: "bad-size" }],
    [changed(idx, 8, 1), { parts: [] }, { code: "bad-fanout" }],
    [rev.slice(0, -1), { version: 1, parts: [] }, { code: "bad-size" }],
    [changed(rev, 7, 2), { version: 2 }, { code: "bad-version", offset: 4 }],
    [changed(pack, 7, 4), { version: 4 }, { code: "bad-version", offset: 4 }],
    [pack.slice(0, 20), { parts: [] }, { code: "truncated" }],
  ];
  const fs = fsOf(fixture);
  for (const [i, [bytes, wanted, problem]] of cases.entries()) {
    fs.put("/damaged", bytes);
    const report = await inspectFile(fs, "/damaged");
    const { version, parts } = report;
    if ("version" in wanted) assert.equal(version, wanted.version, `case ${i}`);
    if ("parts" in wanted) assert.deepEqual(parts, wanted.parts, `case ${i}`);
    const first = report.problems.find(({ code }) => code === (problem as { code: string }).code);
    assert.ok(first !== undefined, `case ${i}: ${JSON.stringify(report.problems)}`);
    for (const [key, value] of Object.entries(problem)) assert.equal(first[key as "code"], value, `case ${i}`);
  }
});

test("entries that cannot be read say so and do not end the listing", async () => {
  const fixture = readFixture("large-sha1");
  const fs = fsOf(fixture);
  const midx = fixture.files.get("multi-pack-index")!.slice();
  const view = new DataView(midx.buffer);
  const offsets = (chunk: string) => Number(view.getBigUint64(Buffer.from(midx).indexOf(chunk) + 4));
  const ooff = offsets("OOFF");
  view.setUint32(ooff, 1000);
  view.setUint32(ooff + 12, 0xffff_0000);
  fs.put("/damaged", midx);
  const entries = await entriesOf(fs, "/damaged");
  const sound = await entriesOf(fs, "/objects/pack/multi-pack-index");
  assert.equal(entries.length, sound.length);
  assert.deepEqual(entries.slice(2), sound.slice(2));
  assert.match(entries[0]!.problem!, /^bad pack-int-id: 1000 \(\d+ total packs\)$/);
  assert.deepEqual([entries[0]!.oid, entries[0]!.pack], [sound[0]!.oid, undefined]);
  assert.match(entries[1]!.problem!, /^multi-pack-index large offset out of bounds/);
  assert.deepEqual([entries[1]!.oid, entries[1]!.offset], [sound[1]!.oid, undefined]);
});

test("a directory is reported file by file, the multi-pack-index first and each pack's files together", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const fs = fsOf(fixture);
    for (const path of ["/objects", "/objects/pack"]) assert.equal(await packDirectoryOf(fs, path), "/objects/pack");
    if (fixture.files.has(chainFile)) {
      assert.equal(await packDirectoryOf(fs, "/objects/pack/multi-pack-index.d"), "/objects/pack");
    }
    const paths: string[] = [];
    for await (const report of inspectDirectory(fs, "/objects/pack", { format: fixture.format })) {
      paths.push(report.path.replace("/objects/pack/", ""));
      assert.deepEqual(report, await inspectFile(fs, report.path));
    }
    const midx = fixture.files.has(chainFile) ? [chainFile, ...fixture.midxPaths] : fixture.midxPaths;
    const withoutBitmaps = paths.filter((path) => !path.endsWith(".bitmap"));
    assert.deepEqual(withoutBitmaps.slice(0, midx.length), midx);
    const wanted = [...fixture.files.keys()].filter((path) => /\.(idx|rev|bitmap|pack|midx)$|index$|chain$/.test(path));
    assert.deepEqual(paths.toSorted(), wanted.toSorted());
    const stems = paths.filter((path) => path.startsWith("pack-")).map((path) => path.split(".")[0]);
    assert.deepEqual(stems, stems.toSorted());
  }
});

test("in a directory a file that cannot be read, or is not what its name says, has that as its problem", async () => {
  const fixture = readFixture("chain-sha1");
  const fs = fsOf(fixture);
  fs.put("/objects/pack/pack-odd.idx", new Uint8Array(5));
  fs.put("/objects/pack/multi-pack-index", new Uint8Array(5));
  fs.put("/objects/pack/pack-secret.pack", new Uint8Array(5), 0);
  fs.put(`/objects/pack/${chainFile}`, new TextEncoder().encode("short\n"));
  fs.put("/objects/pack/notes.txt", new Uint8Array(5));
  const problems = new Map<string, string>();
  for await (const { path, problems: found } of inspectDirectory(fs, "/objects/pack", { format: sha1 })) {
    if (found.length > 0) problems.set(path.replace("/objects/pack/", ""), found.map(({ code }) => code).join(" "));
  }
  assert.deepEqual(
    problems,
    new Map([
      ["multi-pack-index", "truncated"],
      [chainFile, "bad-chain"],
      ["pack-odd.idx", "truncated"],
      ["pack-secret.pack", "permission-denied"],
    ]),
  );
});

test("in a directory what has the name of a file of ours and is no file is listed with that as its problem", async () => {
  const fixture = readFixture("chain-sha1");
  const fs = fsOf(fixture);
  const pack = "/objects/pack";
  for (const name of ["multi-pack-index", "pack-a.idx", "pack-a.pack", "pack-a.rev"])
    fs.makeDirectories(`${pack}/${name}`);
  fs.symlink("pack-loop.pack", `${pack}/pack-loop.pack`);
  fs.symlink("nowhere", `${pack}/pack-lost.idx`);
  const layer = `${pack}/${fixture.midxPaths[1]}`;
  await fs.unlink(layer);
  fs.symlink(layer, layer);
  const problems = new Map<string, string>();
  for await (const { path, problems: found } of inspectDirectory(fs, pack, { format: sha1 })) {
    if (found.length > 0) problems.set(path.replace(`${pack}/`, ""), found.map(({ message }) => message).join("; "));
  }
  const loop = "Too many levels of symbolic links";
  assert.deepEqual(
    [...problems].map(([path, message]) => [path, message.replace(/^.*: /, "")]),
    [
      ["multi-pack-index", "Is a directory"],
      [chainFile, loop],
      [fixture.midxPaths[1], loop],
      ...["pack-a.idx", "pack-a.rev", "pack-a.pack"].map((path) => [path, "Is a directory"]),
      ["pack-loop.pack", loop],
      ["pack-lost.idx", "No such file or directory"],
    ],
  );
});

test("a directory without packs is none", async () => {
  const { fs } = memoryDirectory([], sha256);
  fs.put("/repository/HEAD", new Uint8Array(1));
  fs.makeDirectories("/repository/objects/pack");
  assert.equal(await packDirectoryOf(fs, "/repository"), undefined);
  assert.equal(await packDirectoryOf(fs, "/nowhere"), undefined);
  assert.equal(await packDirectoryOf(fs, "/repository/objects"), "/repository/objects/pack");
});

test("files that are fetched are inspected alike, and showing a large one reads little of it", async () => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name);
    const fetched = new FetchedFs(fixtureFiles(fixture), { cache: smallCache() });
    for (const path of fixture.files.keys()) {
      if (!/\.(idx|rev|pack|midx)$|index$|chain$/.test(path)) continue;
      const report = await inspectFile(fetched, `/pack/${path}`);
      const wanted = JSON.parse(JSON.stringify(await inspectFile(fsOf(fixture), `/objects/pack/${path}`)));
      assert.deepEqual(JSON.parse(JSON.stringify(report)), { ...wanted, path: `/pack/${path}` });
      if (!path.endsWith("chain")) {
        assert.deepEqual(
          await entriesOf(fetched, `/pack/${path}`),
          await entriesOf(fsOf(fixture), `/objects/pack/${path}`),
        );
      }
    }
  }
  const large = fakeIdx(randomTable(100_000, 1));
  const fs = new FetchedFs(fixtureFiles({ files: new Map([["pack-large.idx", large]]) }));
  assert.equal((await inspectFile(fs, "/pack/pack-large.idx")).objects, 100_000);
  assert.ok(large.length > 2_000_000 && fs.bytesFetched <= 16_384, `${fs.bytesFetched} bytes were fetched`);
});

test("a listing of entries ends when it is aborted", async () => {
  const { fs } = memoryDirectory([["pack-large.idx", fakeIdx(randomTable(50_000, 1))]], sha1);
  const controller = new AbortController();
  let seen = 0;
  await assert.rejects(
    async () => {
      for await (const batch of fileEntries(fs, "/objects/pack/pack-large.idx", { signal: controller.signal })) {
        seen += batch.length;
        controller.abort();
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    },
    (error) => isGitmidxError(error, "aborted"),
  );
  assert.ok(seen > 0 && seen < 50_000);
});
