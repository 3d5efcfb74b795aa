/** The real thing: the command, killed by SIGKILL at random moments, time after time on the same repository. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gitAtLeast, gitEnvironment, runGit, runProgram } from "../support/gits.js";
import { gitmidxProgram, runGitmidx } from "../support/program.js";
import { seededRandom } from "../support/random.js";
import { type MadeRepository, makeRepository, withholdPacks } from "../support/repository-maker.js";
import { scale } from "../support/scale.js";
import { couldNotTest } from "../support/untested.js";

const git = gitAtLeast(2, 47);
const seed = Number(process.env.GITMIDX_SEED ?? 20_261_121);

/** Starts the command and kills it after `delay` milliseconds; whether it was killed. */
function runAndKill(repository: MadeRepository, args: readonly string[], delay: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [gitmidxProgram, "-C", repository.path, ...args], {
      env: gitEnvironment(),
      stdio: "ignore",
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), delay);
    child.on("error", reject);
    child.on("exit", (_status, signal) => {
      clearTimeout(timer);
      resolve(signal === "SIGKILL");
    });
  });
}

function lockNames({ packDir }: MadeRepository): string[] {
  const folders = [packDir, join(packDir, "multi-pack-index.d")];
  return folders.flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".lock")) : [],
  );
}

if (git === undefined) couldNotTest("writes ended by SIGKILL: they need git 2.47 or newer");
else {
  test(`a repository survives writes that are killed at random moments (seed ${seed})`, {
    timeout: 600_000,
  }, async () => {
    const rounds = scale(24, 400);
    const random = seededRandom(seed);
    const repository = makeRepository({ packs: rounds + 1, objects: 30, duplicates: 0.2, seed });
    const all = runGit(git, ["rev-list", "--objects", "--all"], { cwd: repository.path }).stdout;
    const bringBack = withholdPacks(repository, repository.packs.slice(1));
    let kills = 0;
    for (let round = 0; round < rounds; round++) {
      bringBack(1);
      const args = ["write", ...(random() % 3 > 0 ? ["--split"] : [])];
      if (await runAndKill(repository, args, 40 + (random() % 120))) kills++;
      runGit(git, ["multi-pack-index", "verify"], { cwd: repository.path });
      const objects = runGit(git, ["cat-file", "--batch-all-objects", "--batch-check"], { cwd: repository.path });
      assert.equal(objects.stderr, "");
      if (lockNames(repository).length === 0) continue;
      const again = ["-C", repository.path, ...args, "--break-stale-lock"];
      const { status, stderr } = runGitmidx(again, { status: "any" });
      // Between the lock and its record lies a moment in which nobody knows the owner: then only a person may remove it.
      if (status !== 0) {
        assert.equal(status, 128, stderr);
        runProgram("sh", [
          "-c",
          `rm -f '${repository.packDir}'/*.lock '${repository.packDir}'/multi-pack-index.d/*.lock`,
        ]);
      }
    }
    assert.ok(kills > rounds / 4, `only ${kills} of ${rounds} writes were killed`);
    runGitmidx(["-C", repository.path, "write"]);
    assert.deepEqual(lockNames(repository), []);
    runGitmidx(["-C", repository.path, "verify"]);
    assert.equal(runGit(git, ["rev-list", "--objects", "--all"], { cwd: repository.path }).stdout, all);
  });
}
