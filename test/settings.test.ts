// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { type MidxWriting, midxWritingOf, usesMidx } from "../src/settings.js";
import { GitConfig } from "../src/store/config/git-config.js";

function configOf(values: Readonly<Record<string, string>>): GitConfig {
  const origin = { scope: "local", file: "config", line: 1 } as const;
  return new GitConfig(Object.entries(values).map(([key, value]) => ({ key: key.toLowerCase(), value, origin })));
}

function writing(values: Readonly<Record<string, string>> = {}, host = {}): MidxWriting {
  return midxWritingOf(configOf(values), host, false);
}

test("nothing configured means version 1, choices kept, files synced, the umask, our process named in locks and none broken", () => {
  const { settings, version, reuse, warnings } = writing({}, { pid: 7 });
  assert.deepEqual([version, reuse, warnings], [1, true, []]);
  assert.deepEqual([settings.sync, settings.shared.kind], [true, "umask"]);
  assert.deepEqual(settings.lock, { pidFile: { pid: 7 }, isAlive: undefined, breakStale: false });
});

test("each variable has its say", () => {
  assert.equal(writing({ "midx.version": "2" }).version, 2);
  assert.equal(writing({ "core.multiPackIndex": "false" }).reuse, false);
  assert.equal(usesMidx(configOf({ "core.multiPackIndex": "no" })), false);
  assert.equal(writing({ "core.fsync": "none" }).settings.sync, false);
  assert.equal(writing({}, { env: { GIT_TEST_FSYNC: "0" } }).settings.sync, false);
  assert.deepEqual(writing({ "core.sharedRepository": "group" }).settings.shared, {
    kind: "add",
    bits: 0o660,
    directorySetGid: true,
  });
  const shared = writing({ "core.sharedRepository": "group" }, { directorySetGid: false }).settings.shared;
  assert.equal(shared.directorySetGid, false);
  assert.deepEqual(writing({ "core.lockfilePid": "true" }, { pid: 7 }).settings.lock.pidFile, { pid: 7 });
  assert.equal(writing({ "core.lockfilePid": "false" }, { pid: 7 }).settings.lock.pidFile, undefined);
  assert.equal(writing({ "core.lockfilePid": "true" }).settings.lock.pidFile, undefined);
  assert.deepEqual(writing({ "core.fsync": "bogus" }).warnings, ["ignoring unknown core.fsync component 'bogus'"]);
  const isAlive = () => true;
  assert.equal(midxWritingOf(configOf({}), { isAlive }, true).settings.lock.breakStale, true);
  assert.equal(midxWritingOf(configOf({}), { isAlive }, true).settings.lock.isAlive, isAlive);
});

test("a value that is none is an error", () => {
  for (const key of ["midx.version", "core.multiPackIndex", "core.lockfilePid", "core.sharedRepository"]) {
    assert.throws(() => writing({ [key]: "sometimes" }), { code: "bad-config" }, key);
  }
});
