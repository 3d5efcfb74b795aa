import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { objectDirectories, parseAlternates } from "../../src/store/alternates.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { newestGit, runGit } from "../support/gits.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";
import { discover, messageLines } from "./discovered.js";

type Files = Readonly<Record<string, string | Uint8Array>>;

const names = ["a", "b", "c", "d d"];

/** A folder with a repository and some object directories beside it, the first with a link to it. */
function makePlace(): string {
  const place = makeTempFolder("alternates");
  runGit(newestGit(), ["init", "-q", "repository"], { cwd: place });
  mkdirSync(join(place, "repository/sub"));
  for (const name of names) mkdirSync(join(place, name, "info"), { recursive: true });
  symlinkSync("a", join(place, "link"));
  symlinkSync("nowhere", join(place, "dangling"));
  writeFileSync(join(place, "file"), "");
  return place;
}

/** Writes `info/alternates` files: `repository` stands for its object directory. */
function writeAlternates(place: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    const directory = name === "repository" ? "repository/.git/objects" : name;
    writeFileSync(join(place, directory, "info/alternates"), text);
  }
}

async function assertSameAsGit(place: string, env: Readonly<Record<string, string>> = {}, cwd = "."): Promise<void> {
  const from = { cwd: join(place, "repository", cwd), env };
  const run = runGit(newestGit(), ["-c", "core.quotePath=false", "count-objects", "-v"], { ...from, status: "any" });
  const location = await discover(from.cwd, env);
  assert.ok(typeof location !== "string", String(location));
  const { objectDirectory, baseDirectory, alternates } = location;
  const found = await objectDirectories(new NodeFs(), { objectDirectory, baseDirectory, environment: alternates });
  const theirs = [...run.stdout.matchAll(/^alternate: (.*)$/gm)].map((match) => match[1]!.replace(/^"(.*)"$/, "$1"));
  assert.equal(found.directories[0], objectDirectory);
  assert.deepEqual(found.directories.slice(1), theirs);
  // git prints control characters as question marks
  assert.deepEqual(messageLines(found.warnings.join("\n").replaceAll("\r", "?")), messageLines(run.stderr));
}

test("a repository without alternates has one object directory", async () => assertSameAsGit(makePlace()));

test("alternates are listed in git's order, each with its own behind it and none twice", async () => {
  const place = makePlace();
  writeAlternates(place, {
    repository: `../../../b\n${place}/link\n`,
    b: "../c\n../a\n",
    a: `../repository/.git/objects\n../b\n../d d\n`,
    "d d": "../c\n.\n",
  });
  await assertSameAsGit(place);
  const all = { GIT_ALTERNATE_OBJECT_DIRECTORIES: `${place}/d d:${place}/c` };
  await assertSameAsGit(place, all);
  await assertSameAsGit(place, { ...all, GIT_OBJECT_DIRECTORY: join(place, "a") });
  await assertSameAsGit(place, { GIT_OBJECT_DIRECTORY: join(place, "link") });
});

test("comments, empty lines, quotes and what is missing are treated as git treats them", async () => {
  const place = makePlace();
  for (const text of [
    "",
    "\n\n",
    "# comment\n../../../a\n#../../../b",
    "../../../a\r\n",
    " ../../../a\n",
    '"../../../a"\n',
    '"../../../d\\040d"\n../../../b\n',
    '"../../../a"x../../../b\n',
    '"../../../a\n../../../b\n',
    '"../../../\\x61"\n',
    '"../../../\\141"',
    "../../../nowhere\n../../../b\n",
    "../../../nowhere/else\n",
    "../../../dangling\n../../../file\n../../../file/x\n",
    "../../../a/\n../../../b//\n",
    ".\n./\n../objects\n",
    "../../../a\0../../../b\n../../../c\n",
    `${place}/a/../b\n`,
    "/\n",
  ]) {
    writeAlternates(place, { repository: text });
    await assertSameAsGit(place);
  }
});

test("names of any bytes lead where git's lead", async () => {
  const place = makePlace();
  const name = Uint8Array.from([...new TextEncoder().encode(`${place}/`), 0xff, 0xc3, 0xa4]);
  mkdirSync(Buffer.from(name));
  writeAlternates(place, { repository: name });
  const location = await discover(join(place, "repository"));
  assert.ok(typeof location !== "string");
  const found = await objectDirectories(new NodeFs(), { ...location, environment: undefined });
  assert.deepEqual(found, { directories: [location.objectDirectory, `${place}/\udcff\u00e4`], warnings: [] });
});

test("the environment's paths are relative to where git works, with `:` between them and quotes", async () => {
  const place = makePlace();
  for (const value of ["", ":", "../a", "../a:../b", "../../a", "::../a:#../b:../c", '"../d\\040d":../b', '"../a']) {
    for (const cwd of [".", "sub"]) await assertSameAsGit(place, { GIT_ALTERNATE_OBJECT_DIRECTORIES: value }, cwd);
  }
});

test("alternates nested too deep are left out with git's words", async () => {
  const place = makePlace();
  for (let i = 0; i < 9; i++) {
    mkdirSync(join(place, `n${i}`, "info"), { recursive: true });
    if (i < 8) writeAlternates(place, { [`n${i}`]: `../n${i + 1}\n` });
  }
  for (const first of ["n0", "n1", "n2", "n3"]) {
    writeAlternates(place, { repository: `../../../${first}\n` });
    await assertSameAsGit(place);
    await assertSameAsGit(place, { GIT_ALTERNATE_OBJECT_DIRECTORIES: join(place, first) });
  }
});

const entry = fc.oneof(
  fc.constantFrom(
    "..",
    "../link",
    "../nowhere",
    "../file",
    "../repository/.git/objects",
    "../dangling",
    "",
    "# x",
    "x",
  ),
  fc.constantFrom(...names).map((name) => `../${name}`),
  fc.constantFrom(...names).map((name) => `"../${name}"`),
);
const alternatesText = fc.array(entry, { maxLength: 5 }).map((entries) => entries.map((text) => `${text}\n`).join(""));

test("random webs of alternates are followed as git follows them", async () => {
  const place = makePlace();
  const own = alternatesText.map((text) => text.replaceAll("../", "../../../"));
  const texts = fc.tuple(own, ...names.map(() => alternatesText));
  await fc.assert(
    fc.asyncProperty(texts, fc.option(entry, { nil: "" }), async ([first, ...rest], variable) => {
      writeAlternates(place, { repository: first });
      writeAlternates(place, Object.fromEntries(names.map((name, i) => [name, rest[i]!])));
      await assertSameAsGit(place, { GIT_ALTERNATE_OBJECT_DIRECTORIES: variable });
    }),
    { numRuns: scale(60, 5_000) },
  );
});

test("any text is a list of alternates", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a"\\#:\n01') }), (text) => {
      for (const separator of [":", "\n"] as const) {
        for (const one of parseAlternates(text, separator)) assert.ok(one !== "" || text.includes('"'));
      }
    }),
  );
});
