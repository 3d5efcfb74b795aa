/** Git and this library before each other's locks. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { type LockOptions, takeLock } from "../../src/store/lock.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { isProcessAlive } from "../../src/store/node-process-alive.js";
import { forEachGit, type GitBinary, gitEnvironment, gits, runGit, systemGit } from "../support/gits.js";
import { asOrdinaryUser } from "../support/ordinary-user.js";
import { type MadeRepository, makeRepository } from "../support/repository-maker.js";
import { makeTempFolder } from "../support/temp.js";

const fs = new NodeFs();
const alive: LockOptions = { isAlive: isProcessAlive };

function makeSmall(): { repository: MadeRepository; midx: string } {
  const repository = makeRepository({ packs: 1, objects: 3 });
  return { repository, midx: join(repository.packDir, "multi-pack-index") };
}

/** The id of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? assert.fail("no process was started");
}

async function refusal(path: string, options: LockOptions = alive): Promise<string> {
  const error = await takeLock(fs, path, options).catch((thrown: unknown) => thrown);
  assert.ok(isGitmidxError(error, "locked"), String(error));
  return error.message;
}

for (const git of gits()) {
  test(`${git.label} does not write while we hold the lock, and does when it is released`, async () => {
    const { repository, midx } = makeSmall();
    const lock = await takeLock(fs, midx);
    const refused = runGit(git, ["-C", repository.path, "multi-pack-index", "write"], { status: 128 });
    assert.equal(refused.stderr.split("\n")[0], `fatal: Unable to create '${lock.lockPath}': File exists.`);
    assert.equal(existsSync(midx), false);
    await lock.rollback();
    runGit(git, ["-C", repository.path, "multi-pack-index", "write"]);
    assert.ok(existsSync(midx));
  });
}

forEachGit(2, 55, "the words for a lock that is held, with and without a pid file", (git) => {
  test(`of a held lock we say what ${git.label} says, and more on the lines below`, async () => {
    const { repository, midx } = makeSmall();
    const dead = await deadProcess();
    writeFileSync(`${midx}.lock`, "");
    const pidFiles = [
      undefined,
      `pid ${process.pid}\n`,
      `pid ${dead}\n`,
      `pid ${dead}`,
      "pid \n",
      "nothing",
      "pid 12 34\n",
    ];
    for (const text of pidFiles) {
      if (text !== undefined) writeFileSync(`${midx}~pid.lock`, text);
      const { stderr } = runGit(git, ["-C", repository.path, "multi-pack-index", "write"], { status: 128 });
      const git255 = stderr.slice(stderr.indexOf("fatal: ") + "fatal: ".length).trimEnd();
      const ours = await refusal(midx);
      assert.equal(ours.split("\n").slice(0, -1).join("\n"), git255, `pid file ${text}`);
      assert.equal(stderr.includes("malformed lock pid file"), ours.includes("malformed lock pid file"), `${text}`);
    }
  });

  test(`${git.label} finds our name in the pid file of a lock that we hold`, async () => {
    const { repository, midx } = makeSmall();
    const lock = await takeLock(fs, midx, { pidFile: { pid: process.pid } });
    const { stderr } = runGit(git, ["-C", repository.path, "multi-pack-index", "write"], { status: 128 });
    assert.match(stderr, new RegExp(`Lock may be held by process ${process.pid};`));
    await lock.rollback();
    assert.equal(existsSync(`${midx}~pid.lock`), false);
  });

  test(`a lock of ${git.label} is one whose owner we know, while it runs and after it is killed`, async () => {
    const { repository } = makeSmall();
    const index = join(repository.gitDir, "index");
    runGit(git, ["-C", repository.path, "reset", "-q", "--hard"]);
    const { pid, stop } = await holdIndexLock(git, repository);
    assert.match(readFileSync(`${index}~pid.lock`, "utf8"), new RegExp(`^pid ${pid}\n$`));
    const breaking: LockOptions = { ...alive, breakStale: true, pidFile: { pid: process.pid } };
    const running = await refusal(index, breaking);
    assert.match(running, new RegExp(`its owner, process ${pid}, is running on this host`));
    assert.equal(running.split("\n").at(-1), `The lock is not broken: its owner, process ${pid}, is running.`);
    await stop();
    assert.match(await refusal(index), new RegExp(`Lock was held by process ${pid}, which is no longer running`));
    const before = readFileSync(index);
    const lock = await takeLock(fs, index, breaking);
    await lock.rollback();
    assert.deepEqual(readFileSync(index), before);
    assert.equal(existsSync(`${index}.lock`), false);
    assert.equal(existsSync(`${index}~pid.lock`), false);
    runGit(git, ["-C", repository.path, "reset", "-q", "--hard"]);
  });
});

/** Starts a git that holds the lock of the index while its editor waits, and gives its id and a way to kill it. */
async function holdIndexLock(git: GitBinary, repository: MadeRepository) {
  const folder = makeTempFolder("editor");
  const started = join(folder, "started");
  const editor = join(folder, "editor");
  writeFileSync(editor, `#!/bin/sh\necho $$ >'${started}.new'\nmv '${started}.new' '${started}'\nexec sleep 60\n`);
  chmodSync(editor, 0o755);
  const args = ["-C", repository.path, "-c", "core.lockfilePid=true", "commit", "--allow-empty", "-a"];
  const child = spawn(git.path, args, { stdio: "ignore", env: gitEnvironment({ GIT_EDITOR: editor }) });
  const ended = once(child, "exit");
  for (let waited = 0; !existsSync(started); waited += 20) {
    assert.ok(waited < 30_000, "git does not start its editor");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const stop = async () => {
    child.kill("SIGKILL");
    process.kill(Number(readFileSync(started, "utf8")), "SIGKILL");
    await ended;
  };
  return { pid: child.pid ?? assert.fail("git was not started"), stop };
}

test("a lock in a directory that takes no files is refused in git's words", async () => {
  const folder = makeTempFolder();
  chmodSync(folder, 0o755);
  const repository = makeRepository({ packs: 1, objects: 3, path: join(folder, "repository") });
  const midx = join(repository.packDir, "multi-pack-index");
  chmodSync(repository.packDir, 0o555);
  await asOrdinaryUser(async () => {
    const env = { HOME: folder, GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "safe.directory", GIT_CONFIG_VALUE_0: "*" };
    const args = ["-C", repository.path, "multi-pack-index", "write"];
    const { stderr } = runGit(systemGit(), args, { status: 128, env });
    const error = await takeLock(fs, midx).catch((thrown: unknown) => thrown);
    assert.ok(isGitmidxError(error, "permission-denied"), String(error));
    assert.equal(`fatal: ${error.message}\n`, stderr);
  });
});

test("processes that run are told from those that do not", async () => {
  assert.equal(isProcessAlive(process.pid), true);
  assert.equal(isProcessAlive(await deadProcess()), false);
  await asOrdinaryUser(async () => assert.equal(isProcessAlive(process.ppid), true, "another user's process too"));
});
