import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nameHashV1, nameHashV2 } from "../../../src/ops/walk/name-hash.js";
import { runGit } from "../../support/gits.js";
import { makeRandomHistory } from "./random-history.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

test("version 1 is what git keeps in its bitmaps", () => {
  const { path, git } = makeRandomHistory({ seed: 5, commits: 40 });
  const settings = ["-c", "pack.writeBitmapHashCache=true", "-c", "pack.writeBitmapLookupTable=false"];
  runGit(git, [...settings, "repack", "-adbq"], { cwd: path });
  const packs = join(path, "objects/pack");
  const bitmap = readFileSync(join(packs, readdirSync(packs).find((name) => name.endsWith(".bitmap"))!));
  const idx = readFileSync(join(packs, readdirSync(packs).find((name) => name.endsWith(".idx"))!));
  const listed = runGit(git, ["show-index"], { cwd: path, input: idx }).stdout.trim().split("\n");
  const start = bitmap.length - 20 - 4 * listed.length;
  const names = new Map<string, string>();
  for (const line of runGit(git, ["rev-list", "--objects", "--all"], { cwd: path }).stdout.trimEnd().split("\n")) {
    const [id, ...name] = line.split(" ");
    if (line.length > 41) names.set(id!, name.join(" "));
  }
  let compared = 0;
  for (const [i, line] of listed.entries()) {
    const name = names.get(line.split(" ")[1]!);
    if (name === undefined) continue;
    const bytes = bytesOf(name);
    assert.equal(nameHashV1(bytes, bytes.length), bitmap.readUInt32BE(start + 4 * i), name);
    compared++;
  }
  assert.ok(compared > 50);
});

test("version 2 tells directories apart that version 1 does not", () => {
  const hash = (text: string) => nameHashV2(bytesOf(text), text.length);
  const old = (text: string) => nameHashV1(bytesOf(text), text.length);
  assert.equal(old("a/CHANGELOG-of-all.json"), old("b/CHANGELOG-of-all.json"));
  assert.notEqual(hash("a/CHANGELOG-of-all.json"), hash("b/CHANGELOG-of-all.json"));
  assert.equal(hash("a b/c"), hash("ab/c"));
  assert.equal(hash(""), 0);
});
