import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newestGit, runGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { makeRepository } from "../support/repository-maker.js";
import { makeTempFolder } from "../support/temp.js";

const git = newestGit();
const outside = makeTempFolder("outside");

function assertSame(cwd: string, args: readonly string[], input: Uint8Array): void {
  const options = { cwd, input, status: "any" } as const;
  const theirs = runGit(git, args, options);
  const ours = runGitmidx(args, options);
  assert.equal(ours.stdout, theirs.stdout);
  assert.equal(ours.stderr, theirs.stderr);
  assert.equal(ours.status, theirs.status);
}

for (const format of ["sha1", "sha256"] as const) {
  for (const version of ["1", "2", "2,0x40"]) {
    test(`an index of version ${version} with ${format} is listed as git lists it`, () => {
      const made = makeRepository({ format, packs: 1, objects: 60, indexVersion: version });
      const idx = readFileSync(made.packs[0]!.idx);
      assertSame(made.path, ["show-index"], idx);
      assertSame(outside, ["show-index", `--object-format=${format}`], idx);
    });
  }
}

test("outside of any repository SHA-1 is assumed, and git's warning given", () => {
  const made = makeRepository({ packs: 1, objects: 5 });
  const options = { cwd: outside, input: readFileSync(made.packs[0]!.idx) };
  const ours = runGitmidx(["show-index"], options);
  assert.equal(ours.stderr, "warning: assuming SHA-1; use --object-format to override\n");
  assert.equal(ours.stdout, runGit(git, ["show-index"], { ...options, cwd: made.path }).stdout);
});

test("a truncated or damaged index is listed as far as it is sound, and ends with git's message", () => {
  const made = makeRepository({ packs: 1, objects: 9, indexVersion: "2,0x40" });
  const idx = readFileSync(made.packs[0]!.idx);
  const ends = [0, 7, 8, 100, 1031, 1032, 1040, 1032 + 9 * 20 + 5, 1032 + 9 * 24 + 6, 1032 + 9 * 28 + 12];
  for (const end of ends) assertSame(made.path, ["show-index"], idx.subarray(0, end));
  const changed = (at: number, byte: number) => {
    const copy = Uint8Array.from(idx);
    copy[at] = byte;
    return copy;
  };
  for (const bytes of [changed(7, 3), changed(8, 1), changed(1032 + 9 * 24 + 3, 0x55)])
    assertSame(made.path, ["show-index"], bytes);
  const first = makeRepository({ packs: 1, objects: 9, indexVersion: "1" });
  assertSame(first.path, ["show-index"], readFileSync(first.packs[0]!.idx).subarray(0, 1024 + 24 * 3 + 5));
  assertSame(made.path, ["show-index", "--object-format=md5"], idx);
});

test("offsets above 2^53 are printed as git prints them", () => {
  const fanout = new Uint8Array(1024).map((_, i) => (i % 4 === 3 ? 1 : 0));
  const row = [
    ...new Uint8Array(20),
    0xde,
    0xad,
    0xbe,
    0xef,
    0x80,
    0,
    0,
    0,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xff,
    0xfe,
  ];
  const idx = Uint8Array.from([0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2, ...fanout, ...row]);
  const made = makeRepository({ packs: 1, objects: 3 });
  writeFileSync(join(outside, "x.idx"), idx);
  assertSame(made.path, ["show-index"], idx);
});

test("arguments are not looked at, as git looks at none", () => {
  const made = makeRepository({ packs: 1, objects: 5 });
  const input = readFileSync(join(made.packDir, `${made.packs[0]!.name}.idx`));
  assertSame(made.path, ["show-index", "x", "y"], input);
});
