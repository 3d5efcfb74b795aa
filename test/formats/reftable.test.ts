import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bytesOfName, nameOfBytes } from "../../src/bytes/name-text.js";
import { GitmidxError } from "../../src/core/errors.js";
import { sha1, sha256, toHex } from "../../src/core/oid.js";
import { type ReftableRef, ReftableView } from "../../src/formats/reftable.js";
import { gitAtLeast, runGit } from "../support/gits.js";
import { seededRandom } from "../support/random.js";
import { makeTempFolder } from "../support/temp.js";
import { couldNotTest } from "../support/untested.js";

const git = gitAtLeast(2, 45);
if (git === undefined) couldNotTest("reftables: needs git 2.45 or newer");

/** The bytes of the one table of a repository with `count` branches, and what git says they are. */
function makeTable(count: number, config: readonly string[] = []): { bytes: Uint8Array; told: string[] } {
  const path = join(makeTempFolder("reftable"), "r");
  runGit(git!, ["init", "-q", "--ref-format=reftable", path]);
  runGit(git!, ["commit", "-q", "--allow-empty", "-m", "x"], { cwd: path });
  runGit(git!, ["tag", "-a", "-m", "x", "tagged"], { cwd: path });
  const head = runGit(git!, ["rev-parse", "HEAD"], { cwd: path }).stdout.trim();
  const input = Array.from({ length: count }, (_, i) => `create refs/heads/b${(i * 7919) % 100_003} ${head}\n`).join(
    "",
  );
  runGit(git!, ["update-ref", "--stdin"], { cwd: path, input });
  runGit(git!, [...config, "pack-refs", "--all"], { cwd: path });
  const folder = join(path, ".git/reftable");
  const names = readdirSync(folder).filter((name) => name.endsWith(".ref"));
  assert.equal(names.length, 1);
  const told = runGit(git!, ["for-each-ref", "--format=%(refname) %(objectname)"], { cwd: path }).stdout;
  return { bytes: new Uint8Array(readFileSync(join(folder, names[0]!))), told: told.trim().split("\n") };
}

function lineOf({ name, value }: ReftableRef): string {
  return `${nameOfBytes(name)} ${value.kind === "id" ? toHex(value.oid) : value.kind}`;
}

if (git !== undefined) {
  test("tables of one and of many blocks, of several sizes, hold what git says", () => {
    for (const [count, size] of [
      [0, 4096],
      [5, 4096],
      [2000, 4096],
      [2000, 512],
      [500, 65536],
    ] as const) {
      const { bytes, told } = makeTable(count, ["-c", `reftable.blockSize=${size}`]);
      const view = new ReftableView("x.ref", bytes, sha1);
      const lines = [...view.from(bytesOfName("refs/"))].map(lineOf);
      assert.deepEqual(lines, told);
      for (const line of told.filter((_, i) => i % 17 === 0)) {
        const found = view.find(bytesOfName(line.split(" ")[0]!));
        assert.equal(found && lineOf(found), line);
      }
      for (const name of ["refs/heads/a", "refs/heads/b", "refs/zzz", "A", ""])
        assert.equal(view.find(bytesOfName(name)), undefined);
    }
  });

  test("a damaged table gives an error of ours or other refs, and never hangs", () => {
    const { bytes } = makeTable(30);
    const random = seededRandom(7);
    for (let i = 0; i < 3000; i++) {
      const copy = bytes.slice(0, i % 5 === 0 ? random() % bytes.length : bytes.length);
      for (let n = random() % 3; n >= 0; n--) copy[random() % Math.max(1, copy.length)] = random() & 255;
      try {
        const view = new ReftableView("x.ref", copy, sha1);
        if (i % 2 === 0) view.log("refs/heads/main");
        for (const ref of view.from(bytesOfName("refs/heads/b2"))) assert.ok(ref.name.length > 0);
      } catch (error) {
        assert.ok(error instanceof GitmidxError, String(error));
      }
    }
  });

  test("a table of another hash function is refused", () => {
    assert.throws(() => new ReftableView("x.ref", makeTable(1).bytes, sha256), { code: "bad-hash-id" });
  });
}
