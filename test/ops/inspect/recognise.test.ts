// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha1 } from "../../../src/core/oid.js";
import { inspectFile } from "../../../src/ops/inspect/inspect-file.js";
import { chainFile, memoryDirectory, readFixture } from "../../support/midx-fixtures.js";

test("a file whose content does not tell what it is is known by its name", async () => {
  const { fs } = memoryDirectory([], sha1);
  const cut: readonly (readonly [string, string, string])[] = [
    ["multi-pack-index", "multi-pack-index", "truncated"],
    ["multi-pack-index-1.midx", "multi-pack-index", "truncated"],
    ["pack-1.idx", "pack-index", "truncated"],
    ["pack-1.rev", "reverse-index", "truncated"],
    ["pack-1.pack", "pack", "truncated"],
  ];
  for (const [name, kind, code] of cut) {
    for (const length of [0, 3, 10]) {
      fs.put(`/alone/${name}`, new Uint8Array(length));
      const { problems, ...report } = await inspectFile(fs, `/alone/${name}`);
      assert.deepEqual([report.kind, report.version], [kind, undefined]);
      assert.deepEqual([problems.length, problems[0]?.code], [1, code], name);
    }
  }
  for (const name of ["multi-pack-index", "pack-1.rev", "pack-1.pack"]) {
    fs.put(`/alone/${name}`, new Uint8Array(4000).fill(1));
    const { version, problems } = await inspectFile(fs, `/alone/${name}`);
    assert.deepEqual([version, problems.map(({ code }) => code)], [undefined, ["bad-signature"]], name);
  }
  fs.put("/alone/multi-pack-index-chain", new TextEncoder().encode("short\n"));
  const chain = await inspectFile(fs, "/alone/multi-pack-index-chain");
  assert.deepEqual([chain.kind, chain.problems[0]?.code], ["multi-pack-index-chain", "bad-chain"]);
  fs.put("/alone/multi-pack-index-chain", new Uint8Array(0));
  // To git an empty chain file is none at all.
  assert.deepEqual((await inspectFile(fs, "/alone/multi-pack-index-chain")).problems, []);
});

test("a chain file with line ends of another system is shown with its layers and what is wrong", async () => {
  for (const name of ["chain-sha1", "chain-sha256"] as const) {
    const fixture = readFixture(name);
    const { fs } = memoryDirectory(fixture.files, fixture.format);
    const lines = new TextDecoder().decode(fixture.files.get(chainFile)).trim().split("\n");
    for (const path of [chainFile, "multi-pack-index.d/copy"]) {
      fs.put(`/objects/pack/${path}`, new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join("")));
      const { kind, hash, layers, problems } = await inspectFile(fs, `/objects/pack/${path}`);
      assert.deepEqual([kind, hash], ["multi-pack-index-chain", fixture.format.name]);
      assert.deepEqual(
        layers?.map(({ checksum }) => checksum),
        lines,
      );
      assert.deepEqual(new Set(problems.map(({ code }) => code)), new Set(["bad-chain"]));
    }
  }
});
