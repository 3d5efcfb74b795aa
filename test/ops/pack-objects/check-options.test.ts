// portable
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPackOptions } from "../../../src/ops/pack-objects/check-options.js";
import type { PackRepositoryOptions } from "../../../src/ops/pack-objects/pack-repository-options.js";

const sound = { select: { kind: "revisions", all: true }, output: { kind: "files", base: "/packs/p" } };

const check = (change: object) => checkPackOptions({ ...sound, ...change } as unknown as PackRepositoryOptions);

test("what can be packed is let through", () => {
  check({});
  check({ window: 0, depth: 4095, compression: -1, maxPackSize: 0, threads: 0, nameHashVersion: 2, deflate: "exact" });
  check({ maxPackSize: 1 << 20, index: { version: 2, largeOffsetLimit: 0 }, output: { kind: "files" } });
  check({ select: { kind: "objects", lines: [] }, output: { kind: "stream", write: async () => undefined } });
});

test("values of another kind are TypeErrors", () => {
  for (const change of [
    { select: undefined },
    { select: { kind: "zzz" } },
    { select: { kind: "objects" } },
    { select: { kind: "packs", lines: 7 } },
    { output: undefined },
    { output: { kind: "file" } },
    { output: { kind: "stream" } },
    { output: { kind: "files", base: 7 } },
    { window: "10" },
    { deflate: "slow" },
  ]) {
    assert.throws(() => check(change), TypeError, JSON.stringify(change));
  }
});

test("numbers out of range and relative names of packs are RangeErrors", () => {
  for (const change of [
    { window: -1 },
    { window: 1.5 },
    { windowMemory: Number.NaN },
    { depth: 4096 },
    { threads: -1 },
    { compression: 10 },
    { compression: -2 },
    { maxPackSize: 1 },
    { deltaCacheLimit: 2 ** 20 },
    { nameHashVersion: 3 },
    { index: { version: 3 } },
    { index: { version: 2, largeOffsetLimit: 2 ** 31 } },
    { output: { kind: "files", base: "packs/p" } },
  ]) {
    assert.throws(() => check(change), RangeError, JSON.stringify(change));
  }
});
