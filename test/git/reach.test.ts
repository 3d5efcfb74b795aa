/** What bitmaps answer, beside git's answers from the same bitmaps, in the same order, and beside its plain walk. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha1, toHex } from "../../src/core/oid.js";
import { openBitmapIndex } from "../../src/store/bitmaps/open-bitmap-index.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { ObjectDirectory } from "../../src/store/object-directory.js";
import { BitmapHistory } from "../support/bitmap-history.js";
import { isAtLeast, newestGit, runGit } from "../support/gits.js";
import { seededRandom } from "../support/random.js";
import { scale } from "../support/scale.js";
import { assertSameRevList, type RevListRun, runGitRevList, runRevList } from "./rev-list-run.js";

type Kind = "pack" | "single" | "chain" | "pseudo";

const pseudoMerges = ["pattern=refs/", "threshold=now", "stableThreshold=now", "stableSize=3"];

/** A history with a bitmap of most of it; what came later is in a pack, and at last in loose objects. */
function partlyBitmapped(kind: Kind, seed: number): BitmapHistory {
  const history = new BitmapHistory({ seed });
  const write = (...more: string[]) => history.run(["multi-pack-index", "write", "--bitmap", "--no-progress", ...more]);
  for (const commits of [12, 7, 5]) {
    history.grow(commits);
    if (kind === "chain") write("--incremental");
  }
  const merging = pseudoMerges.flatMap((setting) => ["-c", `bitmapPseudoMerge.all.${setting}`]);
  if (kind === "single") write();
  else if (kind === "pack") history.run(["repack", "-adbq"]);
  else if (kind === "pseudo") history.run([...merging, "repack", "-adbq"]);
  history.grow(5);
  history.run(["update-ref", "refs/tags/of-tree", "main~1^{tree}"]);
  history.run(["config", "fastimport.unpackLimit", "1000"]);
  const commit = (branch: string, text: string) =>
    `commit refs/heads/${branch}\ncommitter C <c@example.com> 1700000000 +0000\ndata 1\nx\nfrom refs/heads/main^0\nM 100644 inline new/${branch}\ndata ${text.length}\n${text}\n`;
  const input = commit("loose", "loose, and long enough to be left out by a limit\n") + commit("later", "later\n");
  runGit(history.git, ["fast-import", "--quiet", "--date-format=raw"], { cwd: history.path, input });
  return history;
}

const kinds: readonly Kind[] = isAtLeast(newestGit(), 2, 55)
  ? ["pack", "single", "chain", "pseudo"]
  : ["pack", "single"];
const histories = kinds.map((kind, i) => ({ kind, history: partlyBitmapped(kind, i + 1) }));
const boundary: RevListRun = { config: [["pack.useBitmapBoundaryTraversal", "true"]] };

for (const [number, { kind, history }] of histories.entries()) {
  /** Of many cases those that this kind takes over, half of them; in long runs all. */
  const share = <T>(cases: readonly T[]) =>
    scale(
      cases.filter((_, i) => (i + number) % 2 === 0),
      cases,
    );
  const same = (args: string, run?: RevListRun) =>
    assertSameRevList(history.path, ["--use-bitmap-index", ...args.split(" ")], run);

  /** Whether the test of a bitmap succeeds, for git and for us; both must say the same. */
  const sameTest = async (...revisions: string[]) => {
    const args = ["--test-bitmap", ...revisions];
    const [theirs, ours] = [runGitRevList(history.path, args), await runRevList(history.path, args)];
    const said = ({ stderr }: { stderr: string }) => stderr.replace(/^Verifying[^\n]*\n/m, "");
    assert.equal(said(ours), said(theirs));
    assert.equal(ours.status, theirs.status);
    return ours.status === 0;
  };

  test(`${kind}: what some revisions reach and others do not comes in git's order`, async () => {
    const all = await same("--objects --all");
    assert.notEqual(all.stdout, runGitRevList(history.path, ["--objects", "--no-object-names", "--all"]).stdout);
    for (const args of ["--all", "main", "--objects main", "--objects main ^v2", "--objects later loose ^main"]) {
      await same(args);
      await same(args, boundary);
    }
    for (const args of ["main ^v0", "--objects v2 ^main", "--objects v0-nested ^v0", "--objects main ^loose^{tree}"]) {
      await same(args);
    }
  });

  test(`${kind}: tags, trees and blobs count as beginnings and as ends`, async () => {
    for (const args of [
      "v1-nested v1-tree v1-blob of-tree",
      "loose:new/loose later^{tree}",
      "main ^v1-tree ^v1-blob",
    ]) {
      await same(`--objects ${args}`);
      await same(args);
    }
    await same("--objects v2-tree ^v1-tree");
    await same("--objects --all ^of-tree ^main:");
  });

  test(`${kind}: counts and sizes are git's`, async () => {
    for (const what of ["--all", "later loose ^v1"]) {
      for (const how of share(["--count", "--count --objects", "--disk-usage --objects", "--disk-usage"])) {
        await same(`${how} ${what}`);
      }
    }
    await same("--disk-usage=human --objects --all");
  });

  test(`${kind}: filters leave out what git leaves out`, async () => {
    const filters = ["blob:none", "tree:0", "tree:1", "combine:blob:limit=60+object:type=blob"];
    for (const type of ["commit", "tree", "blob", "tag"]) filters.push(`object:type=${type}`);
    for (const filter of share(filters)) {
      await same(`--objects --filter=${filter} --filter-provided-objects main v2-blob of-tree v1`);
      await same(`--objects --filter=${filter} loose:new/loose --all --not v2`);
    }
  });

  test(`${kind}: a limit of size leaves out what the plain walk leaves out`, async () => {
    // Git puts its question about blobs outside of a chain's bitmaps to bits of the youngest layer.
    for (const limit of [0, 10, 22, 40]) {
      const args = [
        "--objects",
        "--no-object-names",
        `--filter=blob:limit=${limit}`,
        "main",
        "later",
        "loose",
        "v2-nested",
      ];
      const plain = runGitRevList(history.path, args).stdout.split("\n").sort();
      const ours = await runRevList(history.path, ["--use-bitmap-index", ...args]);
      assert.deepEqual(ours.stdout.split("\n").sort(), plain, `${limit}`);
      if (kind !== "chain") await same(args.join(" "));
    }
  });

  test(`${kind}: --unpacked leaves what is in no pack`, async () => {
    for (const args of ["--objects --all", "--all", "--objects later ^v2", "--count --objects --all"]) {
      await same(`--unpacked ${args}`);
    }
  });

  test(`${kind}: every bitmap passes --test-bitmap as it does git's`, async () => {
    let bitmapped = 0;
    for (const commit of history.run(["rev-list", "main", "side", "later"]).split("\n").slice(0, scale(8, 1000))) {
      if (await sameTest(commit)) bitmapped++;
    }
    assert.ok(bitmapped > 0);
    await sameTest("main", "side");
    await sameTest("v2-blob");
  });

  test(`${kind}: property: random questions are answered as git answers them`, async () => {
    const random = seededRandom(kind.length);
    const commits = history.run(["rev-list", "--all"]).split("\n");
    const named = ["v0", "v1-nested", "v3", "v2-tree", "v3-blob", "of-tree", "side", "later", "loose"];
    const one = () => (random() % 3 === 0 ? named[random() % named.length]! : commits[random() % commits.length]!);
    const some = (most: number) => Array.from({ length: 1 + (random() % most) }, one);
    for (let run = 0; run < scale(10, 3000); run++) {
      const unwanted = random() % 3 === 0 ? [] : ["--not", ...some(3)];
      const args = [...(random() % 4 === 0 ? [] : ["--objects"]), ...some(4), ...unwanted];
      if (random() % 4 === 0) args.unshift("--filter=blob:none");
      await same(args.join(" "), random() % 3 === 0 && !args.includes("--filter=blob:none") ? boundary : undefined);
    }
  });
}

test("without history that is there, what bitmaps have is enough", async () => {
  const history = partlyBitmapped("pack", 9);
  const same = (...args: string[]) => assertSameRevList(history.path, ["--use-bitmap-index", "--objects", ...args]);
  await same("main");
  const loose = history.run(["rev-parse", "loose:new/loose"]);
  rmSync(join(history.path, "objects", loose.slice(0, 2), loose.slice(2)));
  await same("loose", "^main");
  await same("--count", "--all");
  const tree = history.run(["rev-parse", "later:new"]);
  rmSync(join(history.path, "objects", tree.slice(0, 2), tree.slice(2)));
  await same("later");
  await same("main", "^later");
  await same("main", "^loose");
});

test("a shallow history ends where it ends to git", async () => {
  const history = partlyBitmapped("single", 10);
  writeFileSync(join(history.path, "shallow"), `${history.run(["rev-parse", "main~1"])}\n`);
  for (const args of ["main", "--all", "later ^v0", "later"]) {
    await assertSameRevList(history.path, ["--use-bitmap-index", "--objects", ...args.split(" ")]);
  }
});

test("a borrowed bitmap answers for objects of the borrower's own", async () => {
  const history = partlyBitmapped("single", 11);
  const path = history.borrower();
  runGit(history.git, ["config", "fastimport.unpackLimit", "1000"], { cwd: path });
  const input =
    "commit refs/heads/own\ncommitter C <c@example.com> 1700000000 +0000\ndata 1\nx\nfrom refs/heads/main^0\nM 100644 inline own\ndata 3\nown\n";
  runGit(history.git, ["fast-import", "--quiet", "--date-format=raw"], { cwd: path, input });
  for (const args of ["--all", "own ^main", "own ^v2", "--disk-usage own", "--count --all"]) {
    await assertSameRevList(path, ["--use-bitmap-index", "--objects", ...args.split(" ")]);
  }
});

test("objects that stand in for others are walked, but not in what bitmaps have", async () => {
  const history = partlyBitmapped("pack", 12);
  history.run(["replace", "main~1", "side"]);
  history.run(["replace", "v0^{commit}", "orphan-1"]);
  for (const args of ["main", "later ^v1", "--all"]) {
    await assertSameRevList(history.path, ["--use-bitmap-index", "--objects", ...args.split(" ")]);
  }
});

test("bitmaps that say too much, too little or the wrong type are found out by --test-bitmap", async () => {
  const history = partlyBitmapped("pack", 13);
  const path = join(history.packDir, readdirSync(history.packDir).find((file) => file.endsWith(".bitmap"))!);
  const directory = new ObjectDirectory(new NodeFs(), join(history.path, "objects"), sha1);
  const index = (await openBitmapIndex([directory]))!;
  const view = index.layers[0]!;
  const entries = [...view.entries()].sort((a, b) => view.bitsOf(b).count() - view.bitsOf(a).count());
  const entry = entries[0]!;
  const commit = toHex(index.order.oidAt(index.order.bitAt(entry.position)));
  const places = [entry.offset + 6, view.typePlace(2), view.typePlace(3)];
  index.close();
  const bytes = readFileSync(path);
  for (const place of places) {
    // The first word after a bitmap's head is a marker; the lowest bits of what follows it are turned over.
    const copy = Buffer.from(bytes);
    copy[place + 8 + 8 + 7]! ^= 255;
    rmSync(path);
    writeFileSync(path, copy);
    const theirs = runGitRevList(history.path, ["--test-bitmap", commit]);
    const ours = await runRevList(history.path, ["--test-bitmap", commit]);
    assert.match(theirs.stderr, /fatal: (mismatch in bitmap results|object '.*' (not found in|does not have))/);
    assert.match(ours.stderr, /fatal: (mismatch in bitmap results|object '.*' (not found in|does not have))/);
    assert.equal(ours.status, 128);
  }
});
