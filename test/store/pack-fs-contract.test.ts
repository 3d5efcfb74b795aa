/** The same claims over every file system: what holds on the disk holds in memory. */

import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { test } from "node:test";
import { type ErrorCode, isGitmidxError } from "../../src/core/errors.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import { NodeFs } from "../../src/store/node-fs.js";
import type { PackFs } from "../../src/store/pack-fs.js";
import { asOrdinaryUser } from "../support/ordinary-user.js";
import { makeTempFolder } from "../support/temp.js";

/** A file system to try, and an empty folder in it. */
interface Subject {
  readonly fs: PackFs;
  readonly root: string;
  symlink(target: string, path: string): void;
}

const makers: Readonly<Record<string, () => Subject>> = {
  "on disk": () => ({ fs: new NodeFs(), root: makeTempFolder("contract"), symlink: symlinkSync }),
  "in memory": () => {
    const fs = new MemoryFs({ umask: process.umask() });
    fs.makeDirectories("/some/where");
    return { fs, root: "/some/where", symlink: (target, path) => fs.symlink(target, path) };
  },
};

function claim(text: string, check: (subject: Subject) => Promise<void>): void {
  for (const [where, make] of Object.entries(makers)) test(`${where}, ${text}`, () => check(make()));
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function writeFile(fs: PackFs, path: string, text: string, mode = 0o666): Promise<void> {
  const file = await fs.create(path, mode);
  await file.write(bytesOf(text));
  await file.close();
}

async function namesIn(fs: PackFs, path: string): Promise<string[]> {
  return (await fs.list(path)).map(({ name }) => name);
}

async function fails(promise: Promise<unknown>, code: ErrorCode, message: string, path: string): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(isGitmidxError(error, code), `${code} is wanted, not ${error}`);
    assert.equal(error.message, message);
    assert.equal(error.path, path);
    return true;
  });
}

claim("a file holds what was written to it, in order", async ({ fs, root }) => {
  const file = await fs.create(`${root}/f`, 0o666);
  const reused = bytesOf("ab");
  await file.write(reused);
  reused.set(bytesOf("cd"));
  await file.write(reused);
  await file.write(new Uint8Array(0));
  await file.sync();
  await file.write(new Uint8Array(300_000).fill(7));
  await file.close();
  const bytes = await fs.readFile(`${root}/f`);
  assert.equal(bytes.length, 300_004);
  assert.equal(textOf(bytes.subarray(0, 4)), "abcd");
  assert.ok(bytes.subarray(4).every((byte) => byte === 7));
});

claim("a file that was closed takes no more writes", async ({ fs, root }) => {
  const file = await fs.create(`${root}/f`, 0o666);
  await file.close();
  await assert.rejects(async () => await file.write(bytesOf("x")), /BUG: .*after it was closed/);
  await assert.rejects(async () => await file.close(), /BUG: .*after it was closed/);
});

claim("create refuses a path that is taken, by a dangling link too", async ({ fs, root, symlink }) => {
  await writeFile(fs, `${root}/f`, "old");
  symlink("nowhere", `${root}/dangling`);
  for (const name of ["f", "dangling"]) {
    const path = `${root}/${name}`;
    await fails(fs.create(path, 0o666), "exists", `unable to create '${path}': File exists`, path);
  }
  assert.equal(textOf(await fs.readFile(`${root}/f`)), "old");
});

claim("files and directories get their mode less the umask", async ({ fs, root }) => {
  await writeFile(fs, `${root}/f`, "", 0o666);
  await writeFile(fs, `${root}/g`, "", 0o444);
  await fs.mkdir(`${root}/d`, 0o777);
  assert.equal((await fs.stat(`${root}/f`))?.mode, 0o666 & ~process.umask());
  assert.equal((await fs.stat(`${root}/g`))?.mode, 0o444 & ~process.umask());
  assert.equal((await fs.stat(`${root}/d`))?.mode, 0o777 & ~process.umask());
  await fs.chmod(`${root}/d`, 0o2750);
  assert.equal((await fs.stat(`${root}/d`))?.mode, 0o2750);
});

claim("stat tells kind, size and a whole second", async ({ fs, root }) => {
  await writeFile(fs, `${root}/f`, "four");
  const stat = await fs.stat(`${root}/f`);
  assert.equal(stat?.kind, "file");
  assert.equal(stat?.size, 4);
  assert.ok(Number.isInteger(stat?.mtime) && Math.abs((stat?.mtime ?? 0) - Date.now() / 1000) < 60);
  assert.equal((await fs.stat(root))?.kind, "directory");
});

claim("stat follows links and lstat does not", async ({ fs, root, symlink }) => {
  await writeFile(fs, `${root}/f`, "four");
  symlink("f", `${root}/link`);
  symlink("nowhere", `${root}/dangling`);
  assert.equal((await fs.stat(`${root}/link`))?.kind, "file");
  assert.equal((await fs.lstat(`${root}/link`))?.kind, "symlink");
  assert.equal((await fs.lstat(`${root}/link`))?.size, 1);
  assert.equal(await fs.stat(`${root}/dangling`), undefined);
  assert.equal((await fs.lstat(`${root}/dangling`))?.kind, "symlink");
});

claim("stat of nothing is undefined, below a file too", async ({ fs, root }) => {
  await writeFile(fs, `${root}/f`, "");
  for (const path of [`${root}/none`, `${root}/none/of`, `${root}/f/below`]) {
    assert.equal(await fs.stat(path), undefined);
    assert.equal(await fs.lstat(path), undefined);
  }
});

claim("links that go in circles are an error, not nothing", async ({ fs, root, symlink }) => {
  symlink("b", `${root}/a`);
  symlink("a", `${root}/b`);
  const words = `'${root}/a': Too many levels of symbolic links`;
  await fails(fs.stat(`${root}/a`), "io", `unable to stat ${words}`, `${root}/a`);
  await fails(fs.readFile(`${root}/a`), "io", `unable to open ${words}`, `${root}/a`);
});

claim("a listing is sorted by code units, tells kinds and leaves out . and ..", async ({ fs, root, symlink }) => {
  for (const name of ["b", "B", "a.idx", "a", "ä", "😀", "\uff21"]) await writeFile(fs, `${root}/${name}`, "");
  await fs.mkdir(`${root}/dir`, 0o777);
  symlink("a", `${root}/link`);
  assert.deepEqual(
    (await fs.list(root)).map(({ name, kind }) => [name, kind]),
    [
      ["B", "file"],
      ["a", "file"],
      ["a.idx", "file"],
      ["b", "file"],
      ["dir", "directory"],
      ["link", "symlink"],
      ["ä", "file"],
      ["😀", "file"],
      ["\uff21", "file"],
    ],
  );
});

claim("what is missing is not-found in strerror's words", async ({ fs, root }) => {
  const none = `${root}/none`;
  const text = "No such file or directory";
  await fails(fs.list(none), "not-found", `unable to open directory '${none}': ${text}`, none);
  await fails(fs.readFile(none), "not-found", `unable to open '${none}': ${text}`, none);
  await fails(fs.openSource(none), "not-found", `unable to open '${none}': ${text}`, none);
  await fails(fs.create(`${none}/f`, 0o666), "not-found", `unable to create '${none}/f': ${text}`, `${none}/f`);
  await fails(fs.rename(none, `${root}/x`), "not-found", `unable to rename '${none}' to '${root}/x': ${text}`, none);
  await fails(fs.link(none, `${root}/x`), "not-found", `unable to link '${none}' to '${root}/x': ${text}`, none);
  await fails(fs.unlink(none), "not-found", `unable to unlink '${none}': ${text}`, none);
  await fails(
    fs.mkdir(`${none}/d`, 0o777),
    "not-found",
    `unable to create directory '${none}/d': ${text}`,
    `${none}/d`,
  );
  await fails(fs.rmdir(none), "not-found", `unable to remove directory '${none}': ${text}`, none);
  await fails(fs.chmod(none, 0o666), "not-found", `unable to set the permissions of '${none}': ${text}`, none);
  await fails(fs.touch(none), "not-found", `unable to set the times of '${none}': ${text}`, none);
  await fails(fs.syncDirectory(none), "not-found", `unable to open directory '${none}': ${text}`, none);
  await fails(fs.realpath(none), "not-found", `unable to resolve '${none}': ${text}`, none);
  await fails(fs.readlink(none), "not-found", `unable to read the link '${none}': ${text}`, none);
});

claim("the kind of thing that is not wanted is said", async ({ fs, root }) => {
  await writeFile(fs, `${root}/f`, "");
  await fs.mkdir(`${root}/d`, 0o777);
  await writeFile(fs, `${root}/d/inside`, "");
  const f = `${root}/f`;
  const d = `${root}/d`;
  await fails(fs.list(f), "not-found", `unable to open directory '${f}': Not a directory`, f);
  await fails(fs.create(`${f}/x`, 0o666), "not-found", `unable to create '${f}/x': Not a directory`, `${f}/x`);
  await fails(fs.rmdir(f), "not-found", `unable to remove directory '${f}': Not a directory`, f);
  await fails(fs.readFile(d), "io", `unable to open '${d}': Is a directory`, d);
  await fails(fs.openSource(d), "io", `unable to open '${d}': Is a directory`, d);
  await fails(fs.rmdir(d), "io", `unable to remove directory '${d}': Directory not empty`, d);
  await fails(fs.rename(f, d), "io", `unable to rename '${f}' to '${d}': Is a directory`, f);
  await fails(fs.mkdir(f, 0o777), "exists", `unable to create directory '${f}': File exists`, f);
  await fails(fs.mkdir(d, 0o777), "exists", `unable to create directory '${d}': File exists`, d);
  await fails(fs.readlink(f), "io", `unable to read the link '${f}': Invalid argument`, f);
});

claim("rename replaces a file, and an open source keeps what it saw", async ({ fs, root }) => {
  await writeFile(fs, `${root}/old`, "old contents");
  await writeFile(fs, `${root}/new`, "new");
  const source = await fs.openSource(`${root}/old`);
  await fs.rename(`${root}/new`, `${root}/old`);
  assert.deepEqual(await namesIn(fs, root), ["old"]);
  assert.equal(textOf(await fs.readFile(`${root}/old`)), "new");
  assert.equal(source.size, 12);
  assert.equal(textOf(source.copy(4, 8)), "contents");
  source.close();
});

claim("an open source outlives the file's name", async ({ fs, root }) => {
  await writeFile(fs, `${root}/f`, "contents");
  const source = await fs.openSource(`${root}/f`);
  await fs.unlink(`${root}/f`);
  assert.equal(await fs.stat(`${root}/f`), undefined);
  assert.equal(source.u8(3), "t".charCodeAt(0));
  assert.throws(() => source.u32(5), { code: "truncated", path: `${root}/f`, offset: 5 });
  source.close();
});

claim("a directory moves with what is in it, onto an empty one only", async ({ fs, root }) => {
  for (const name of ["a", "b", "full"]) await fs.mkdir(`${root}/${name}`, 0o777);
  await writeFile(fs, `${root}/a/f`, "x");
  await writeFile(fs, `${root}/full/g`, "y");
  await fs.rename(`${root}/a`, `${root}/b`);
  assert.deepEqual(await namesIn(fs, root), ["b", "full"]);
  assert.deepEqual(await namesIn(fs, `${root}/b`), ["f"]);
  const words = `unable to rename '${root}/b' to '${root}/full': Directory not empty`;
  await fails(fs.rename(`${root}/b`, `${root}/full`), "io", words, `${root}/b`);
  const below = `unable to rename '${root}/b' to '${root}/b/c': Invalid argument`;
  await fails(fs.rename(`${root}/b`, `${root}/b/c`), "io", below, `${root}/b`);
});

claim("a link is a second name of one file", async ({ fs, root }) => {
  await writeFile(fs, `${root}/a`, "x");
  await writeFile(fs, `${root}/other`, "x");
  await fs.link(`${root}/a`, `${root}/b`);
  const identity = (await fs.stat(`${root}/a`))?.identity;
  assert.notEqual(identity, undefined);
  assert.equal((await fs.stat(`${root}/b`))?.identity, identity);
  assert.notEqual((await fs.stat(`${root}/other`))?.identity, identity);
  const words = `unable to link '${root}/a' to '${root}/b': File exists`;
  await fails(fs.link(`${root}/a`, `${root}/b`), "exists", words, `${root}/a`);
  await fs.rename(`${root}/a`, `${root}/b`);
  assert.deepEqual(await namesIn(fs, root), ["a", "b", "other"], "as POSIX wants, two names of one file both stay");
  await fs.unlink(`${root}/a`);
  assert.equal(textOf(await fs.readFile(`${root}/b`)), "x");
});

claim("paths go through links, and realpath takes them out", async ({ fs, root, symlink }) => {
  await fs.mkdir(`${root}/real`, 0o777);
  await fs.mkdir(`${root}/real/deep`, 0o777);
  await writeFile(fs, `${root}/real/f`, "x");
  symlink("real/deep", `${root}/relative`);
  symlink(`${root}/real`, `${root}/absolute`);
  symlink("../real/f", `${root}/real/deep/up`);
  assert.equal(textOf(await fs.readFile(`${root}/absolute/f`)), "x");
  assert.equal(
    textOf(await fs.readFile(`${root}/relative/../f`)),
    "x",
    ".. is of the directory that the link leads to",
  );
  assert.equal(await fs.realpath(`${root}/relative/./..//f`), `${root}/real/f`);
  assert.equal(await fs.realpath(`${root}/absolute`), `${root}/real`);
  assert.equal(await fs.realpath("/"), "/");
  assert.equal(await fs.readlink(`${root}/relative`), "real/deep");
  await fails(
    fs.readFile(`${root}/relative/up`),
    "not-found",
    `unable to open '${root}/relative/up': No such file or directory`,
    `${root}/relative/up`,
  );
});

claim("unlink removes a link and not what it points to", async ({ fs, root, symlink }) => {
  await writeFile(fs, `${root}/f`, "x");
  symlink("f", `${root}/link`);
  await fs.unlink(`${root}/link`);
  assert.deepEqual(await namesIn(fs, root), ["f"]);
});

claim("a directory can be synced", async ({ fs, root }) => {
  await fs.syncDirectory(root);
});

claim("permission bits are obeyed", async ({ fs, root }) => {
  await fs.chmod(root, 0o777);
  await asOrdinaryUser(async () => {
    const own = `${root}/own`;
    await fs.mkdir(own, 0o777);
    await writeFile(fs, `${own}/f`, "x");
    await writeFile(fs, `${own}/secret`, "x", 0o200);
    await fs.chmod(own, 0o555);
    const denied = async (promise: Promise<unknown>, what: string, path: string) =>
      await fails(promise, "permission-denied", `unable to ${what}: Permission denied`, path);
    await denied(fs.create(`${own}/new`, 0o666), `create '${own}/new'`, `${own}/new`);
    await denied(fs.mkdir(`${own}/new`, 0o777), `create directory '${own}/new'`, `${own}/new`);
    await denied(fs.unlink(`${own}/f`), `unlink '${own}/f'`, `${own}/f`);
    await denied(fs.rename(`${own}/f`, `${root}/f`), `rename '${own}/f' to '${root}/f'`, `${own}/f`);
    await denied(fs.link(`${own}/f`, `${own}/g`), `link '${own}/f' to '${own}/g'`, `${own}/f`);
    await denied(fs.readFile(`${own}/secret`), `open '${own}/secret'`, `${own}/secret`);
    await denied(fs.openSource(`${own}/secret`), `open '${own}/secret'`, `${own}/secret`);
    assert.deepEqual(await namesIn(fs, own), ["f", "secret"]);
    await fs.chmod(own, 0o300);
    await denied(fs.list(own), `open directory '${own}'`, own);
    await fs.chmod(own, 0o600);
    await denied(fs.stat(`${own}/f`), `stat '${own}/f'`, `${own}/f`);
  });
});
