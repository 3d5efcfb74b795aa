// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ErrorCode } from "../../src/core/errors.js";
import { toHex } from "../../src/core/oid.js";
import { encodeChain } from "../../src/formats/midx/chain.js";
import { chainFile, type Fixture, filesEnding, fixtureNames, readFixture } from "../support/midx-fixtures.js";
import { idxDamages } from "./idx-rev-damages.js";
import { patched } from "./midx-damages.js";
import { newErrors, sealed, verifyChanged } from "./verify-directory.js";

const fixtures = fixtureNames.map(readFixture);
const chain = fixtures.find(({ name }) => name === "chain-sha1")!;
const lines = new TextDecoder().decode(chain.files.get(chainFile)).trim().split("\n") as [string, string, string];
const [base, middle, tip] = chain.midxPaths as [string, string, string];

/** Findings as `severity code file offset`, the file relative to the pack directory. */
async function findings(
  fixture: Fixture,
  changes: Iterable<readonly [string, Uint8Array | undefined]>,
): Promise<readonly string[]> {
  const report = await verifyChanged(fixture, changes);
  return report.findings.map(({ severity, code, path, offset }) =>
    `${severity} ${code} ${path.replace("/objects/pack/", "")} ${offset ?? ""}`.trim(),
  );
}

function lacks(found: readonly string[], wanted: readonly string[]): string[] {
  return wanted.filter((one) => !found.includes(one));
}

async function check(
  fixture: Fixture,
  changes: Iterable<readonly [string, Uint8Array | undefined]>,
  wanted: readonly string[],
): Promise<void> {
  const found = await findings(fixture, changes);
  assert.deepEqual(lacks(found, wanted), [], `found:\n   ${found.join("\n   ")}`);
}

function chainOf(...checksums: readonly string[]): [string, Uint8Array] {
  return [chainFile, encodeChain(checksums)];
}

const orphan = (path: string) => `note orphan-layer ${path}`;

test("a layer that is missing is an error at its line, also where git says nothing", async () => {
  for (const [i, path] of chain.midxPaths.entries()) {
    await check(chain, [[path, undefined]], [`error missing-layer ${chainFile} ${41 * i}`]);
  }
});

test("each line of the chain file that is no checksum is an error at its place, and the layers behind it are orphans", async () => {
  const text = encodeChain(lines);
  for (const line of [0, 1, 2]) {
    const behind = chain.midxPaths.slice(line).map(orphan);
    const found = [`error bad-chain ${chainFile} ${41 * line}`, ...behind];
    for (const value of [0x67, 0x20, 0, 0xff])
      await check(chain, [[chainFile, patched(text, 41 * line + 7, value)]], found);
    // a line feed in its middle, and a line feed that is lost
    await check(chain, [[chainFile, patched(text, 41 * line + 20, 0x0a)]], found);
    await check(
      chain,
      [[chainFile, patched(text, 41 * line + 40, 0x20)]],
      [`error bad-chain ${chainFile} ${41 * line}`],
    );
    const capitals = lines.map((checksum, i) => (i === line ? checksum.toUpperCase() : checksum));
    await check(chain, [chainOf(...capitals)], [`error bad-chain ${chainFile} ${41 * line}`]);
  }
});

test("a chain file that is cut short is an error, or a shorter chain with orphans", async () => {
  const text = encodeChain(lines);
  for (let length = 1; length < text.length; length++) {
    const found = await findings(chain, [[chainFile, text.slice(0, length)]]);
    const whole = Math.floor(length / 41);
    assert.deepEqual(lacks(found, chain.midxPaths.slice(whole).map(orphan)), [], `cut to ${length}`);
    const atLine = length % 41 === 0;
    assert.equal(
      found.some((one) => one.startsWith(`error bad-chain ${chainFile}`)),
      !atLine,
      `cut to ${length}`,
    );
  }
  await check(chain, [[chainFile, new Uint8Array(0)]], chain.midxPaths.map(orphan));
  await check(chain, [[chainFile, undefined]], chain.midxPaths.map(orphan));
});

test("a layer named twice is an error at the line where it stands again", async () => {
  await check(chain, [chainOf(...lines, lines[0])], [`error bad-chain ${chainFile} 123`]);
});

test("an object in two layers is an error at its place in the younger one", async () => {
  // Two layers of one repository that both have everything: the single file under a layer's name, twice with another byte 7.
  const single = fixtures.find(({ name }) => name === "single-sha1")!;
  const bytes = single.files.get("multi-pack-index")!;
  const younger = sealed(patched(bytes, 7, 1), single);
  const names = [bytes, younger].map((layer) => toHex(layer.subarray(-20))) as [string, string];
  const paths = names.map((name) => `multi-pack-index.d/multi-pack-index-${name}.midx`) as [string, string];
  const report = await verifyChanged(single, [
    ["multi-pack-index", undefined],
    [paths[0], bytes],
    [paths[1], younger],
    chainOf(...names),
  ]);
  const doubles = report.findings.filter(({ code }) => code === "duplicate-object");
  assert.deepEqual(new Set(doubles.map(({ object }) => object)), new Set(single.objects.map(({ oid }) => oid)));
  assert.ok(doubles.every(({ path, chunk }) => path.endsWith(paths[1]) && chunk === "OIDL"));
});

test("layers in another order are found by what RIDX counts from", async () => {
  for (const order of [
    [lines[1], lines[0], lines[2]],
    [lines[0], lines[2], lines[1]],
    [lines[2], lines[1], lines[0]],
  ]) {
    const report = await verifyChanged(chain, [chainOf(...order)]);
    assert.ok(report.findings.some(({ code, chunk }) => code === "bad-reverse-index" && chunk === "RIDX"));
  }
});

test("layers under each other's names are each named for other contents", async () => {
  const swapped: [string, Uint8Array][] = [
    [base, chain.files.get(middle)!],
    [middle, chain.files.get(base)!],
  ];
  const size = (path: string) => chain.files.get(path)!.length - 20;
  await check(chain, swapped, [
    `error layer-name-mismatch ${base} ${size(middle)}`,
    `error layer-name-mismatch ${middle} ${size(base)}`,
  ]);
});

test("a layer that was written anew under its old name is named for other contents", async () => {
  const bytes = chain.files.get(tip)!;
  const changed = sealed(patched(bytes, 7, 1), chain);
  await check(
    chain,
    [[tip, changed]],
    [`error layer-name-mismatch ${tip} ${bytes.length - 20}`, `error bad-header ${tip} 7`],
  );
});

test("every layer's checksum is verified, not the tip's alone", async () => {
  for (const path of chain.midxPaths) {
    const bytes = chain.files.get(path)!;
    const end = bytes.length - 20;
    const wanted = [`error bad-checksum ${path} ${end}`];
    await check(chain, [[path, patched(bytes, end - 1, bytes[end - 1]! ^ 1)]], wanted);
    await check(
      chain,
      [[path, patched(bytes, end, bytes[end]! ^ 1)]],
      [...wanted, `error layer-name-mismatch ${path} ${end}`],
    );
  }
});

test("a chain beside a single file, a layer of no chain and what writers leave are noted, not errors", async () => {
  const single = fixtures.find(({ name }) => name === "single-sha1")!;
  const files: [string, Uint8Array][] = [...single.files];
  const empty = new Uint8Array(0);
  const stale = `multi-pack-index.d/multi-pack-index-${"0".repeat(40)}.midx`;
  files.push(["multi-pack-index.d/tmp_midx_abc", empty], ["multi-pack-index.lock", empty], [stale, empty]);
  const report = await verifyChanged(chain, files);
  assert.equal(report.kind, "single");
  assert.equal(report.errors, 0);
  const notes = report.findings.map(({ code, path }) => `${code} ${path.replace("/objects/pack/", "")}`);
  for (const wanted of [
    `stale-file ${chainFile}`,
    "stale-file multi-pack-index.d/tmp_midx_abc",
    "locked multi-pack-index.lock",
    `orphan-layer ${stale}`,
    ...filesEnding(chain, ".idx")
      .filter(([path]) => !single.files.has(path))
      .map(([path]) => `uncovered-pack ${path}`),
  ]) {
    assert.ok(notes.includes(wanted), wanted);
  }
});

test("where there is no multi-pack-index there is nothing wrong", async () => {
  for (const fixture of fixtures) {
    const gone = [chainFile, ...fixture.midxPaths].map((path) => [path, undefined] as const);
    const report = await verifyChanged(fixture, gone);
    assert.deepEqual([report.kind, report.readable, report.errors], ["none", true, 0]);
    // Packs without cover, and bitmaps that go with nothing.
    assert.equal(report.notes, filesEnding(fixture, ".idx").length + filesEnding(fixture, ".bitmap").length);
  }
});

test("a pack that is gone, and an index that is gone, are errors that name them", async () => {
  for (const fixture of fixtures) {
    for (const [idx] of filesEnding(fixture, ".idx")) {
      const pack = idx.replace(/idx$/, "pack");
      const report = await verifyChanged(fixture, [[pack, undefined]]);
      const missing = report.findings.filter(({ code }) => code === "missing-pack");
      assert.ok(missing.length === 1 && missing[0]!.wanted?.endsWith(pack) && missing[0]!.chunk === "PNAM");
      await check(fixture, [[idx, undefined]], [`error missing-index ${idx}`]);
    }
  }
});

test("each change to the structure of a pack's index is an error at its place", async () => {
  for (const fixture of fixtures) {
    for (const [path, bytes] of filesEnding(fixture, ".idx")) {
      for (const { what, code, offset, ...damage } of idxDamages(bytes, fixture.format.byteLength)) {
        const found = await findings(fixture, [[path, damage.bytes]]);
        assert.deepEqual(lacks(found, [`error ${code} ${path} ${offset}`]), [], `${what}\n${found.join("\n")}`);
      }
    }
  }
});

test("any one byte of a pack's index changed is found", async () => {
  for (const fixture of fixtures) {
    const before = await verifyChanged(fixture, []);
    for (const [path, bytes] of filesEnding(fixture, ".idx")) {
      for (let at = 0; at < bytes.length; at += 7) {
        const report = await verifyChanged(fixture, [[path, patched(bytes, at, bytes[at]! ^ 0x10)]]);
        assert.ok(newErrors(report, before).length > 0, `byte ${at} of ${path}`);
      }
    }
  }
});

test("a pack that does not belong to its index, or is none, is an error at its place", async () => {
  const codes: [at: number, code: ErrorCode, place: number][] = [
    [0, "bad-signature", 0],
    [7, "bad-version", 4],
    [11, "pack-index-mismatch", 8],
  ];
  for (const fixture of fixtures) {
    for (const [path, bytes] of filesEnding(fixture, ".pack")) {
      for (const [at, code, place] of codes) {
        await check(fixture, [[path, patched(bytes, at, bytes[at]! ^ 0x40)]], [`error ${code} ${path} ${place}`]);
      }
      const end = bytes.length - fixture.format.byteLength;
      await check(
        fixture,
        [[path, patched(bytes, end, bytes[end]! ^ 1)]],
        [`error pack-index-mismatch ${path} ${end}`],
      );
      for (const length of [0, 11, 12 + fixture.format.byteLength - 1]) {
        await check(fixture, [[path, bytes.slice(0, length)]], [`error truncated ${path} ${length}`]);
      }
    }
  }
});

test("files of rubbish are an error, and nothing could be read", async () => {
  for (const fixture of fixtures) {
    for (const rubbish of [new Uint8Array(0), new Uint8Array(100), new TextEncoder().encode("MIDX".repeat(400))]) {
      const report = await verifyChanged(
        fixture,
        fixture.midxPaths.map((path) => [path, rubbish] as const),
      );
      assert.equal(report.readable, false);
      assert.ok(report.errors >= fixture.midxPaths.length);
      assert.deepEqual(report.layers, []);
    }
  }
});
