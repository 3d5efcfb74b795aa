import assert from "node:assert/strict";
import { chmodSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { GitConfig } from "../../src/store/config/git-config.js";
import { takeLock } from "../../src/store/lock.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { NodeFs } from "../../src/store/node-fs.js";
import {
  adjustSharedPermissions,
  parseSharedRepository,
  privatePermissions,
  type SharedPermissions,
  sharedMode,
  sharedPermissionsOf,
} from "../../src/store/permissions.js";
import { FaultFs } from "../support/fault-fs.js";
import { gits, newestGit, runProgram } from "../support/gits.js";
import { makeRepository } from "../support/repository-maker.js";
import { makeTempFolder } from "../support/temp.js";

const values = [
  [
    "umask",
    "false",
    "no",
    "off",
    "0",
    "00",
    "",
    "group",
    "true",
    "yes",
    "on",
    "TRUE",
    "1",
    "01",
    "all",
    "world",
    "everybody",
    "2",
  ],
  [
    "0660",
    "660",
    "0640",
    "0600",
    "0664",
    "0666",
    "0777",
    "0711",
    " 0640",
    "+0640",
    "02770",
    "-1",
    "37777777777",
    "0x1",
    "8",
    "1k",
  ],
  ["0", "3", "0060", "0400", "0200", "0", "nonsense", "0x", "-", " ", "0660 ", "Group"],
].flat();

/** What we say to a value: permissions, or the message. */
function parsed(value: string | undefined): SharedPermissions | string {
  try {
    return parseSharedRepository(value);
  } catch (error) {
    assert.ok(isGitmidxError(error, "bad-config"), String(error));
    return error.message;
  }
}

/** Runs git with a umask: Node's own is not for a test to change while others run. */
function runGitWithUmask(umask: string, git: string, args: readonly string[], status: number | "any" = 0) {
  return runProgram("sh", ["-c", `umask ${umask} && exec "$0" "$@"`, git, ...args], { status });
}

for (const git of gits()) {
  test(`a lock gets the mode from core.sharedRepository that ${git.label} gives its multi-pack-index`, async () => {
    const repository = makeRepository({ packs: 1, objects: 3 });
    const midx = join(repository.packDir, "multi-pack-index");
    for (const umask of ["022", "077", "027"]) {
      for (const value of [undefined, ...values]) {
        rmSync(midx, { force: true });
        const setting = value === undefined ? "core.sharedRepository" : `core.sharedRepository=${value}`;
        const args = ["-C", repository.path, "-c", setting, "multi-pack-index", "write"];
        const run = runGitWithUmask(umask, git.path, args, "any");
        const ours = parsed(value);
        const what = `${setting} with umask ${umask}`;
        if (typeof ours === "string") {
          assert.equal(run.status, 128, what);
          assert.equal(run.stderr, `fatal: ${ours}\n`, what);
          continue;
        }
        assert.equal(run.stderr, "", what);
        const mode = (0o666 & ~Number.parseInt(umask, 8)) | 0o100000;
        const wanted = statSync(midx).mode;
        assert.equal((sharedMode(mode, "file", ours) & 0o7777).toString(8), (wanted & 0o7777).toString(8), what);
      }
    }
    rmSync(midx, { force: true });
    const lock = await takeLock(new NodeFs(), midx, { shared: parseSharedRepository("0666") });
    await lock.commit({ sync: false });
    assert.equal(statSync(midx).mode & 0o7777, 0o666);
  });
}

test("directories get the modes that git init --shared gives them", () => {
  const git = newestGit();
  for (const umask of ["022", "077"]) {
    for (const value of ["group", "all", "0640", "0600", "0666", "0664"]) {
      const folder = join(makeTempFolder(), "r");
      runGitWithUmask(umask, git.path, ["init", "-q", "--bare", `--shared=${value}`, folder]);
      const wanted = statSync(join(folder, "objects/pack")).mode & 0o7777;
      const ours = sharedMode(0o777 & ~Number.parseInt(umask, 8), "directory", parseSharedRepository(value));
      assert.equal(ours.toString(8), wanted.toString(8), `--shared=${value} with umask ${umask}`);
    }
  }
});

test("a file that its owner cannot write is made readable and not writable", () => {
  const readOnlyModes = [0o444, 0o400, 0o440, 0o500];
  for (const value of ["group", "all", "0640", "0666"]) {
    for (const mode of readOnlyModes) {
      assert.equal(sharedMode(mode, "file", parseSharedRepository(value)) & 0o222, 0, `${value} ${mode.toString(8)}`);
    }
  }
  assert.equal(sharedMode(0o400, "file", parseSharedRepository("all")), 0o444);
  assert.equal(sharedMode(0o444, "file", parseSharedRepository("0640")), 0o440);
  assert.equal(sharedMode(0o500, "file", parseSharedRepository("group")), 0o550);
});

test("packs that git makes in a shared repository have the modes that we would give them", async () => {
  const git = newestGit();
  for (const value of ["group", "all", "0640", "0600"]) {
    const repository = makeRepository({ packs: 1, objects: 3 });
    const args = [
      "-C",
      repository.path,
      "-c",
      `core.sharedRepository=${value}`,
      "repack",
      "-adqf",
      "--write-bitmap-index",
    ];
    runGitWithUmask("077", git.path, args);
    const fs = new NodeFs();
    const shared = parseSharedRepository(value);
    for (const { name } of await fs.list(repository.packDir)) {
      const path = join(repository.packDir, name);
      const wanted = statSync(path).mode & 0o7777;
      chmodSync(path, 0o400);
      await adjustSharedPermissions(fs, path, shared);
      assert.equal((statSync(path).mode & 0o7777).toString(8), wanted.toString(8), `${name} with ${value}`);
    }
  }
});

test("where files belong to their directory's group anyway, directories get no set-gid bit", () => {
  const shared = parseSharedRepository("group", { directorySetGid: false });
  assert.equal(sharedMode(0o700, "directory", shared), 0o770);
  assert.equal(sharedMode(0o700, "directory", parseSharedRepository("group")), 0o2770);
  assert.equal(sharedMode(0o700, "directory", parseSharedRepository("0600")), 0o700);
});

test("permissions are adjusted with one call, and none where nothing is to be changed", async () => {
  const memory = new MemoryFs({ umask: 0o077 });
  memory.put("/d/f", new Uint8Array(0));
  const fs = new FaultFs(memory);
  await adjustSharedPermissions(fs, "/d/f", privatePermissions);
  assert.equal(fs.count, 0);
  const group = parseSharedRepository("group");
  await adjustSharedPermissions(fs, "/d/f", group);
  await adjustSharedPermissions(fs, "/d/f", group);
  assert.deepEqual(
    fs.log.map(({ name }) => name),
    ["lstat", "chmod", "lstat"],
  );
  assert.equal((await memory.stat("/d/f"))?.mode, 0o660);
  await adjustSharedPermissions(fs, "/d", group);
  assert.equal((await memory.stat("/d"))?.mode, 0o2770);
});

test("permissions that cannot be adjusted are an error in git's words", async () => {
  const memory = new MemoryFs({ umask: 0o077 });
  memory.put("/d/f", new Uint8Array(0));
  const failing = new FaultFs(memory, { failAt: 2, error: "permission-denied" });
  await assert.rejects(adjustSharedPermissions(failing, "/d/f", parseSharedRepository("group")), {
    code: "permission-denied",
    path: "/d/f",
    message: "unable to adjust shared permissions for '/d/f': Permission denied",
  });
  await assert.rejects(adjustSharedPermissions(memory, "/d/none", parseSharedRepository("group")), {
    code: "not-found",
    message: "unable to adjust shared permissions for '/d/none': No such file or directory",
  });
});

test("the last value in the configuration counts, and none leaves all to the umask", () => {
  const entry = (value: string | undefined) => ({
    key: "core.sharedrepository",
    value,
    origin: { scope: "command", file: undefined, line: undefined } as const,
  });
  assert.deepEqual(sharedPermissionsOf(new GitConfig([])), privatePermissions);
  assert.deepEqual(sharedPermissionsOf(new GitConfig([entry("0060"), entry("all")])), parseSharedRepository("all"));
  assert.deepEqual(
    sharedPermissionsOf(new GitConfig([entry("all"), entry(undefined)])),
    parseSharedRepository("group"),
  );
  const shared = sharedPermissionsOf(new GitConfig([entry("all")]), { directorySetGid: false });
  assert.equal(shared.directorySetGid, false);
  assert.throws(() => sharedPermissionsOf(new GitConfig([entry("0060")])), { code: "bad-config" });
});
