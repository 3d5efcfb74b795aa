/** An index-pack that is interrupted leaves nothing behind. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gitEnvironment, runGit, systemGit } from "../support/gits.js";
import { gitmidxProgram } from "../support/program.js";
import { RawPack } from "../support/raw-pack.js";
import { makeTempFolder } from "../support/temp.js";

for (const [signal, status] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} while a pack comes in ends with status ${status} and leaves nothing`, async () => {
    const folder = makeTempFolder("signal");
    runGit(systemGit(), ["init", "-q", folder]);
    const packs = join(folder, ".git", "objects", "pack");
    const pack = new RawPack();
    for (let i = 0; i < 100; i++) pack.add("blob", `blob ${i}`);
    const bytes = pack.finish();
    const program = spawn(process.execPath, [...process.execArgv, gitmidxProgram, "index-pack", "--stdin"], {
      cwd: folder,
      env: gitEnvironment(),
      stdio: ["pipe", "ignore", "inherit"],
    });
    const ended = once(program, "exit");
    program.stdin.on("error", () => undefined);
    program.stdin.write(bytes.subarray(0, bytes.length - 30));
    while (readdirSync(packs).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    program.kill(signal);
    assert.deepEqual(await ended, [status, null]);
    assert.deepEqual(readdirSync(packs), []);
  });
}
