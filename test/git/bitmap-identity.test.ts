/** Bitmaps of multi-pack-indexes: byte for byte those of git 2.55, where their name hashes are copied or none. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BitmapHistory } from "../support/bitmap-history.js";
import { forEachGit, runGit } from "../support/gits.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";
import { assertBitmapsPass, assertTwins, type BitmapWish, copyOf, midxFiles, packsByAge } from "./bitmap-twins.js";

const histories = new Map<string, BitmapHistory>();

/** Histories are made once. */
function historyOf(format: "sha1" | "sha256", ...growths: readonly number[]): BitmapHistory {
  const key = `${format} ${growths.join(" ")}`;
  let history = histories.get(key);
  if (history === undefined) {
    history = new BitmapHistory({ format });
    for (const commits of growths) history.grow(commits);
    histories.set(key, history);
  }
  return history;
}

/** Refs to commits all over a history. */
function addRefs(path: string, git: Parameters<typeof runGit>[0]): void {
  const commits = runGit(git, ["rev-list", "--all"], { cwd: path }).stdout.trim().split("\n");
  const lines = commits.flatMap((commit, i) => {
    const year = 2000 + (i % 7);
    return i % 3 === 0 ? [`create refs/old/${year}/${i} ${commit}\n`, `create refs/twice/${i} ${commit}\n`] : [];
  });
  runGit(git, ["update-ref", "--stdin"], { cwd: path, input: lines.join("") });
}

const tables: readonly Readonly<Record<string, string>>[] = [
  {},
  { "pack.writeBitmapLookupTable": "true" },
  { "pack.writeBitmapHashCache": "false" },
];

forEachGit(2, 55, "bitmaps byte for byte", (git) => {
  for (const format of ["sha1", "sha256"] as const) {
    for (const growths of [[8], [40, 30], scale([330, 60], [1500, 400])]) {
      test(`over ${growths.join(" + ")} ${format} commits the files are those of ${git.label}`, async () => {
        const { path } = historyOf(format, ...growths);
        for (const config of tables) {
          const nameHash = config["pack.writeBitmapHashCache"] === "false" ? "none" : "copy";
          await assertTwins(git, path, { config, nameHash });
        }
      });
    }
  }

  test(`a second bitmap has the hashes of the first one, as with ${git.label}`, async () => {
    const path = copyOf(historyOf("sha1", 40, 30).path);
    runGit(git, ["repack", "-adbq"], { cwd: path });
    const [pack] = runGit(git, ["rev-parse", "HEAD"], { cwd: path }).stdout.split("\n");
    runGit(git, ["update-ref", "refs/heads/more", pack!], { cwd: path });
    const ours = await assertTwins(git, path, {}, { config: { "pack.writeBitmapLookupTable": "true" } });
    const [, bitmap] = [...midxFiles(ours)][1]!;
    assert.ok(bitmap.subarray(-4 * 50, -20).some((byte) => byte !== 0));
  });

  test(`preferred tips and preferred packs count as with ${git.label}`, async () => {
    const path = copyOf(historyOf("sha1", ...scale([330, 60], [1500, 400])).path);
    addRefs(path, git);
    const packs = runGit(git, ["-c", "core.quotePath=false", "count-objects", "-v"], { cwd: path }).stdout;
    assert.match(packs, /packs: [2-9]/);
    for (const tips of ["refs/old/2001", "refs/old/200", "refs/tw", "refs/none/"]) {
      await assertTwins(git, path, { config: { "pack.preferBitmapTips": tips } });
    }
  });

  test(`snapshots of refs count as with ${git.label}`, async () => {
    const path = copyOf(historyOf("sha1", ...scale([330, 60], [1500, 400])).path);
    const commits = runGit(git, ["rev-list", "--all"], { cwd: path }).stdout.trim().split("\n");
    const tags = runGit(git, ["for-each-ref", "--format=%(objectname)", "refs/tags"], { cwd: path }).stdout;
    const some = commits.map((commit, i) => `${i % 5 === 1 ? "+" : ""}${commit}`).filter((_, i) => i % 2 === 1);
    const folder = makeTempFolder("snapshots");
    const files = [`${some.join("\n")}\n`, `${commits[20]}\n${tags}`, `+${commits[0]}`, `${some.join("\r\n")}\r\n`, ""];
    for (const [i, text] of files.entries()) {
      const snapshot = join(folder, `${i}`);
      writeFileSync(snapshot, text);
      await assertTwins(git, path, { snapshot, config: { "pack.preferBitmapTips": "refs/" } });
    }
  });

  test(`each pack on its own, and all of them, give what ${git.label} writes`, async () => {
    const { path } = historyOf("sha1", 40, 30);
    const first = historyOf("sha1", 40, 30).files(".idx");
    for (const preferredPack of first) await assertTwins(git, path, { preferredPack });
  });

  const groups: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "stable ones in one group": { pattern: "refs/old/", stableSize: "7" },
    "a group for each year": { pattern: "^refs/old/([0-9]{4})/", stableSize: "9" },
    "a group for each of two parts": { pattern: "refs/(old|twice)/.*([0-9])$" },
    "a group for each ref": { pattern: "refs/old/.*" },
    "unstable ones": { pattern: "refs/(old|twice)/", threshold: "now", stableThreshold: "never" },
    "few unstable ones": { pattern: "refs/", threshold: "now", stableThreshold: "never", maxMerges: "3", decay: "2" },
    samples: { pattern: "refs/", threshold: "now", stableThreshold: "never", sampleRate: "0.3", decay: "0" },
    "none at all": { pattern: "refs/", threshold: "now", stableThreshold: "never", maxMerges: "0" },
    both: { pattern: "[[:alpha:]]+/", threshold: "now", stableThreshold: "@1600050000" },
  };
  for (const [what, group] of Object.entries(groups)) {
    test(`pseudo-merges: ${what}, as with ${git.label}`, async () => {
      const path = copyOf(historyOf("sha1", ...scale([330, 60], [1500, 400])).path);
      addRefs(path, git);
      const config: Record<string, string> = { "pack.writeBitmapLookupTable": "true" };
      for (const [key, value] of Object.entries(group)) config[`bitmapPseudoMerge.g.${key}`] = value;
      await assertTwins(git, path, { config });
    });
  }

  test(`pseudo-merges of several groups come in the order of ${git.label}`, async () => {
    const path = copyOf(historyOf("sha1", ...scale([330, 60], [1500, 400])).path);
    addRefs(path, git);
    const config = {
      "bitmapPseudoMerge.b.pattern": "refs/old/(2001|2002)",
      "bitmapPseudoMerge.A.pattern": "refs/twice/.",
      "bitmapPseudoMerge.b.stableSize": "5",
      "bitmapPseudoMerge.c.d.pattern": "refs/(.*)/(.*)/(.*)",
    };
    await assertTwins(git, path, { config });
  });

  for (const format of ["sha1", "sha256"] as const) {
    test(`a ${format} chain of five layers, each of which stands on the others, is that of ${git.label}`, async () => {
      const history = copyOf(historyOf(format, 12, 9, 120, 1, 8).path);
      const packs = packsByAge(history);
      const wishes: BitmapWish[] = packs.map((_, i) => ({ incremental: true, stdinPacks: packs.slice(0, i + 1) }));
      const ours = await assertTwins(git, history, ...wishes.filter((_, i) => i % 2 === 1));
      assert.equal([...midxFiles(ours).keys()].filter((name) => name.endsWith(".bitmap")).length, 5);
      assertBitmapsPass(
        git,
        ours,
        runGit(git, ["rev-list", "-n", "20", "main"], { cwd: ours }).stdout.trim().split("\n"),
      );
    });
  }

  test(`a layer on a single file, whose bitmap moves with it, is that of ${git.label}`, async () => {
    const history = copyOf(historyOf("sha1", 40, 30).path);
    const packs = packsByAge(history);
    await assertTwins(git, history, { stdinPacks: packs.slice(0, 2) }, { incremental: true });
  });
});
