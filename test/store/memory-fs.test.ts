import assert from "node:assert/strict";
import { test } from "node:test";
import { MemorySource } from "../../src/bytes/source.js";
import { MemoryFs } from "../../src/store/memory-fs.js";

const bytes = (...values: number[]) => Uint8Array.from(values);

test("the umask, the clock and the owner are the caller's", async () => {
  let time = 1000.75;
  const fs = new MemoryFs({ umask: 0o027, now: () => time, uid: 7 });
  fs.put("/a/b/f", bytes(1, 2, 3));
  assert.deepEqual(await fs.stat("/a/b/f"), {
    kind: "file",
    size: 3,
    mtime: 1000,
    mode: 0o640,
    uid: 7,
    identity: (await fs.stat("/a/b/f"))?.identity,
  });
  assert.equal((await fs.stat("/a/b"))?.mode, 0o750);
  time = 2000;
  fs.umask = 0;
  const file = await fs.create("/a/g", 0o666);
  time = 3000;
  await file.write(bytes(1));
  await file.close();
  assert.equal((await fs.stat("/a/g"))?.mtime, 3000);
  assert.equal((await fs.stat("/a/g"))?.mode, 0o666);
  assert.equal((await fs.stat("/a"))?.mtime, 2000, "a new name changes the directory");
  assert.equal((await fs.stat("/a/b"))?.mtime, 1000);
  fs.utimes("/a/g", 12.5);
  assert.equal((await fs.stat("/a/g"))?.mtime, 12);
});

test("put replaces a file and keeps neither the caller's array nor the old inode", async () => {
  const fs = new MemoryFs();
  const given = bytes(1, 2);
  fs.put("/f", given);
  given[0] = 9;
  const source = await fs.openSource("/f");
  assert.ok(source instanceof MemorySource);
  const identity = (await fs.stat("/f"))?.identity;
  fs.put("/f", bytes(5));
  assert.deepEqual([...source.copy(0, 2)], [1, 2]);
  assert.deepEqual([...(await fs.readFile("/f"))], [5]);
  assert.notEqual((await fs.stat("/f"))?.identity, identity);
});

test("a source opened while the file grows ends where the file ended then", async () => {
  const fs = new MemoryFs();
  const file = await fs.create("/f", 0o666);
  await file.write(bytes(1, 2));
  const source = await fs.openSource("/f");
  for (let i = 0; i < 1000; i++) await file.write(bytes(i & 255));
  await file.close();
  assert.equal(source.size, 2);
  assert.deepEqual([...source.copy(0, 2)], [1, 2]);
  const whole = await fs.readFile("/f");
  assert.equal(whole.length, 1002);
  assert.ok(whole.subarray(2).every((byte, i) => byte === (i & 255)));
  whole[0] = 77;
  assert.equal((await fs.readFile("/f"))[0], 1, "what was read is the reader's own");
});

test("a relative path is a misuse", async () => {
  const fs = new MemoryFs();
  await assert.rejects(fs.stat("f"), RangeError);
  assert.throws(() => fs.put("f", bytes()), RangeError);
});

test("put and makeDirectories do not go through files", () => {
  const fs = new MemoryFs();
  fs.put("/f", bytes());
  assert.throws(() => fs.put("/f/g", bytes()), {
    code: "not-found",
    message: "unable to create '/f/g': Not a directory",
  });
  assert.throws(() => fs.makeDirectories("/f/d"), { code: "not-found" });
  fs.makeDirectories("/d");
  assert.throws(() => fs.put("/d", bytes()), { code: "io", message: "unable to create '/d': Is a directory" });
});
