import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { PageCache, PagedSource } from "../../src/bytes/paged-source.js";
import { isGitmidxError } from "../../src/core/errors.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { errnoName, systemError, systemErrorText } from "../../src/store/system-error.js";
import { makeTempFolder } from "../support/temp.js";
import { couldNotTest } from "../support/untested.js";

test("a source reads only the pages that are asked for", async () => {
  const path = `${makeTempFolder()}/f`;
  writeFileSync(path, new Uint8Array(1 << 20).fill(9));
  const source = await new NodeFs().openSource(path);
  assert.ok(source instanceof PagedSource);
  assert.equal(source.u8(500_000), 9);
  assert.equal(source.bytesRead, 4096);
  source.close();
});

test("sources of one file system share its cache", async () => {
  const folder = makeTempFolder();
  const cache = new PageCache(1 << 20);
  const fs = new NodeFs({ cache });
  assert.equal(fs.cache, cache);
  writeFileSync(`${folder}/f`, new Uint8Array(300_000));
  const source = await fs.openSource(`${folder}/f`);
  source.u8(0);
  assert.ok(cache.reserve(1 << 19), "a page is no whole file");
  assert.equal(cache.reserve(1), false);
  source.close();
});

test("a file cut short while it is read is truncated, not an endless read", async () => {
  const path = `${makeTempFolder()}/f`;
  writeFileSync(path, new Uint8Array(80_000));
  const source = await new NodeFs().openSource(path);
  truncateSync(path, 40_000);
  assert.equal(source.u8(0), 0);
  assert.throws(
    () => source.u8(39_000),
    (error) => isGitmidxError(error, "truncated") && error.path === path && error.offset === 40_000,
  );
  assert.throws(() => source.copy(0, 80_000), { code: "truncated", offset: 40_000 });
  assert.equal(source.copy(0, 40_000).length, 40_000);
  source.close();
});

test("a small file is read whole when it is opened, and stays what it was", async () => {
  const path = `${makeTempFolder()}/f`;
  writeFileSync(path, "before");
  const source = await new NodeFs().openSource(path);
  writeFileSync(path, "after!");
  assert.equal(new TextDecoder().decode(source.copy(0, 6)), "before");
  source.close();
});

test("a small file is read at once; nothing is made of what is empty, larger, missing, or no file", () => {
  const folder = makeTempFolder();
  const fs = new NodeFs();
  for (const [name, length] of Object.entries({ none: 0, one: 1, ten: 10, eleven: 11 })) {
    writeFileSync(`${folder}/${name}`, new Uint8Array(length).fill(length));
  }
  assert.deepEqual([...(fs.readSmallNow(`${folder}/one`, 10) ?? [])], [1]);
  assert.deepEqual([...(fs.readSmallNow(`${folder}/ten`, 10) ?? [])], new Array(10).fill(10));
  for (const name of ["none", "eleven", "gone", "one/below", "."]) {
    assert.equal(fs.readSmallNow(`${folder}/${name}`, 10), undefined, name);
  }
});

test("a closed source gives its descriptor back", async () => {
  const path = `${makeTempFolder()}/f`;
  writeFileSync(path, "x".repeat(40_000));
  const fs = new NodeFs();
  const openFiles = () => readdirSync("/dev/fd").length;
  const before = openFiles();
  const source = await fs.openSource(path);
  assert.equal(openFiles(), before + 1);
  source.close();
  source.close();
  assert.equal(openFiles(), before);
  await assert.rejects(fs.openSource(`${path}/..`), { code: "not-found" });
  await assert.rejects(fs.openSource("/"), { code: "io" });
  assert.equal(openFiles(), before);
});

test("a FIFO with a pack's name is refused and does not hang the reader", async () => {
  const path = `${makeTempFolder()}/pack-1.idx`;
  assert.equal(spawnSync("mkfifo", [path]).status, 0);
  await assert.rejects(new NodeFs().openSource(path), {
    code: "io",
    message: `unable to open '${path}': not a regular file`,
  });
  assert.equal((await new NodeFs().stat(path))?.kind, "other");
});

test("a time just below a full second is not rounded up to it", async () => {
  const path = `${makeTempFolder()}/f`;
  writeFileSync(path, "");
  for (const [seconds, text] of [
    [1_700_000_000, "2023-11-14T22:13:20.999999999Z"],
    [-1, "1969-12-31T23:59:59.999999999Z"],
    [-2, "1969-12-31T23:59:58.5Z"],
  ] as const) {
    assert.equal(spawnSync("touch", ["-d", text, path]).status, 0);
    assert.equal((await new NodeFs().stat(path))?.mtime, seconds);
  }
  utimesSync(path, 0, 0);
  assert.equal((await new NodeFs().stat(path))?.mtime, 0);
});

test("names that are not UTF-8 are listed, told apart and found again", async () => {
  const folder = makeTempFolder();
  const raw = (...bytes: number[]) => Buffer.concat([Buffer.from(`${folder}/pack-`), Buffer.from(bytes)]);
  writeFileSync(raw(0xff), "ff");
  writeFileSync(raw(0xfe), "fe");
  writeFileSync(raw(0xef, 0xbf, 0xbd), "replacement character");
  mkdirSync(raw(0xe4));
  const fs = new NodeFs();
  assert.deepEqual(
    (await fs.list(folder)).map(({ name, kind }) => [name, kind]),
    [
      ["pack-\udce4", "directory"],
      ["pack-\udcfe", "file"],
      ["pack-\udcff", "file"],
      ["pack-\ufffd", "file"],
    ],
  );
  assert.equal(Buffer.from(await fs.readFile(`${folder}/pack-\udcfe`)).toString(), "fe");
  assert.equal((await fs.stat(`${folder}/pack-\udcff`))?.size, 2);
  assert.equal(await fs.realpath(`${folder}/pack-\udce4/../pack-\udcff`), `${folder}/pack-\udcff`);
  await fs.rename(`${folder}/pack-\udcff`, `${folder}/pack-\udce4/\udc80`);
  const file = await fs.create(`${folder}/pack-\udce4/\udc81`, 0o666);
  await file.close();
  assert.deepEqual(readdirSync(raw(0xe4), { encoding: "latin1" }).sort(), ["\x80", "\x81"]);
});

test("the system's error number can be read from an error, and its words are strerror's", async () => {
  const path = `${makeTempFolder()}/none`;
  const error = await new NodeFs().readFile(path).catch((thrown: unknown) => thrown);
  assert.equal(errnoName(error), "ENOENT");
  assert.equal(systemErrorText(error), "No such file or directory");
  const said = spawnSync("cat", [path], { encoding: "utf8", env: { LC_ALL: "C" } }).stderr.trim();
  assert.ok(said.endsWith(`: ${systemErrorText(error)}`));
});

const perl = (args: readonly string[]) => spawnSync("perl", args, { encoding: "utf8", env: { LC_ALL: "C" } });

if (perl(["-e", "use Errno"]).status === 0) {
  test("every known error number has the words that the system's strerror has for it", () => {
    const names = (
      "ENOENT ENOTDIR EACCES EPERM ENOSPC EDQUOT EROFS EEXIST EIO EISDIR ENOTEMPTY ELOOP ENAMETOOLONG EMFILE ENFILE EINVAL EBADF " +
      "EBUSY EFBIG EMLINK EXDEV ENOMEM ENOTSUP ENOSYS ESTALE ETXTBSY"
    ).split(" ");
    const script = 'use Errno; for (@ARGV) { $! = &{"Errno::$_"}(); print "$!\\n"; }';
    const said = perl(["-e", script, ...names])
      .stdout.trimEnd()
      .split("\n");
    assert.deepEqual(
      names.map((code) => systemErrorText(Object.assign(new Error("other words"), { code }))),
      said,
    );
  });
} else couldNotTest("strerror's words for error numbers: needs perl");

test("an error number without a code of its own is io and keeps the system's own words", () => {
  const cause = Object.assign(new Error("EOWNERDEAD: owner died, open"), { code: "EOWNERDEAD" });
  const error = systemError(cause, "open", "/f");
  assert.equal(error.code, "io");
  assert.equal(error.message, "unable to open '/f': EOWNERDEAD: owner died, open");
  assert.equal(errnoName(error), "EOWNERDEAD");
  assert.equal(errnoName(new TypeError("no number")), undefined);
});
