/** `pack-objects` told by a signal to stop, as a process of its own. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { gitEnvironment, runGit, systemGit } from "../support/gits.js";
import { gitmidxProgram } from "../support/program.js";
import { seededRandom } from "../support/random.js";
import { makeTempFolder } from "../support/temp.js";

test("SIGINT while a pack is written ends with status 130 and leaves nothing", async () => {
  const folder = makeTempFolder("signal");
  const git = systemGit();
  runGit(git, ["init", "-q", "--bare", folder]);
  const input = Uint8Array.from({ length: 1_000_000 }, seededRandom(11));
  const ids = [];
  for (let i = 0; i < 5; i++) {
    input[0] = i;
    ids.push(runGit(git, ["-c", "core.compression=0", "hash-object", "-w", "--stdin"], { cwd: folder, input }).stdout);
  }
  const packs = join(folder, "objects", "pack");
  const words = ["pack-objects", "-q", "--compression=9", "--window=0", "--deflate=exact", join(packs, "pack")];
  const program = spawn(process.execPath, [...process.execArgv, gitmidxProgram, ...words], {
    cwd: folder,
    env: gitEnvironment(),
    stdio: ["pipe", "ignore", "ignore"],
  });
  const ended = once(program, "exit");
  program.stdin.end(ids.join(""));
  while (!readdirSync(packs).some((name) => name.startsWith("tmp_pack_")) && program.exitCode === null) await wait(5);
  assert.equal(program.exitCode, null, "it ended before it was told to");
  program.kill("SIGINT");
  assert.deepEqual(await ended, [130, null]);
  assert.deepEqual(readdirSync(packs), []);
});
