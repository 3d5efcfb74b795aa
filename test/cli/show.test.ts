import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { forEachGit, newestGit, runGit, systemGit } from "../support/gits.js";
import { runGitmidx } from "../support/program.js";
import { copyRepository, makeRepository, withholdPacks } from "../support/repository-maker.js";
import { makeTempFolder } from "../support/temp.js";

const made = makeRepository({ packs: 4, duplicates: 0.5 });

function chained() {
  const repository = copyRepository(made, { ownBytes: true });
  const bringBack = withholdPacks(repository, repository.packs.slice(2));
  for (let i = 0; i < 3; i++) {
    runGit(newestGit(), ["multi-pack-index", "write", "--incremental"], { cwd: repository.path });
    bringBack(1);
  }
  return repository;
}

/** The rows below the empty line. */
function rows(stdout: string): string[] {
  return stdout
    .slice(stdout.indexOf("\n\n") + 2)
    .trimEnd()
    .split("\n");
}

test("the entries of a pack index are those of git show-index, in text and in JSON, without a repository too", () => {
  const cwd = makeTempFolder("outside");
  for (const plan of [{}, { format: "sha256" }, { indexVersion: "1" }, { indexVersion: "2,0x40" }] as const) {
    const { packs, format } = makeRepository({ packs: 1, ...plan });
    const { idx } = packs[0]!;
    const input = readFileSync(idx);
    const shown = runGit(newestGit(), ["show-index", `--object-format=${format}`], { input })
      .stdout.trim()
      .split("\n");
    const wanted = shown.map((line) => {
      const [offset, oid, crc] = line.split(" ");
      return `${oid} ${offset}${crc === undefined ? "" : ` ${crc.slice(1, -1)}`}`;
    });
    const { stdout } = runGitmidx(["show", "--objects", idx], { cwd });
    assert.deepEqual(rows(stdout), wanted);
    assert.match(stdout, new RegExp(`^pack-index ${idx}\n`));
    const { files, entries } = JSON.parse(runGitmidx(["show", "--objects", "--json", idx], { cwd }).stdout);
    assert.deepEqual([files.length, files[0].objects, files[0].hash], [1, wanted.length, format]);
    assert.deepEqual(
      entries.map(({ oid, offset, crc32 }: Record<string, string>) => [oid, offset, crc32].join(" ").trim()),
      wanted,
    );
  }
});

test("a repository, a directory in it, its object directory and its pack directory show the same files", () => {
  const repository = chained();
  const sub = join(repository.path, "sub");
  mkdirSync(sub);
  const { stdout } = runGitmidx(["show"], { cwd: repository.path });
  const kinds = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]);
  assert.deepEqual(kinds.slice(0, 4), [
    "multi-pack-index-chain",
    "multi-pack-index",
    "multi-pack-index",
    "multi-pack-index",
  ]);
  assert.equal(kinds.filter((kind) => kind === "pack-index").length, 4);
  assert.equal(kinds.filter((kind) => kind === "pack").length, 4);
  const elsewhere = makeTempFolder("elsewhere");
  const chain = join(repository.packDir, "multi-pack-index.d");
  for (const path of [repository.path, repository.gitDir, sub, repository.objectDir, repository.packDir, chain]) {
    assert.equal(runGitmidx(["show", path], { cwd: elsewhere }).stdout, stdout, path);
    // What the environment says of another repository does not count for a path.
    assert.equal(runGitmidx(["show", path], { cwd: elsewhere, env: { GIT_DIR: made.gitDir } }).stdout, stdout, path);
  }
  assert.equal(runGitmidx(["show", `--object-dir=${repository.objectDir}`], { cwd: elsewhere }).stdout, stdout);
  assert.equal(runGitmidx(["show", "."], { cwd: repository.path }).stdout, stdout);
});

forEachGit(2, 47, "show of a chain", (git) => {
  test(`the entries of a directory are all objects that ${git.label} has, with packs that hold them`, () => {
    const repository = chained();
    const ids = runGit(git, ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"], {
      cwd: repository.path,
    });
    const { entries, files } = JSON.parse(runGitmidx(["show", "--objects", "--json"], { cwd: repository.path }).stdout);
    assert.deepEqual(
      entries.map(({ oid }: { oid: string }) => oid),
      ids.stdout.trim().split("\n"),
    );
    const copies = new Set<string>();
    for (const { idx, name } of repository.packs) {
      const lines = runGit(git, ["show-index"], { input: readFileSync(idx) })
        .stdout.trim()
        .split("\n");
      for (const line of lines) copies.add(`${line.split(" ")[1]} ${name}.idx ${line.split(" ")[0]}`);
    }
    for (const { oid, pack, offset } of entries) assert.ok(copies.has(`${oid} ${pack} ${offset}`), oid);
    const layers = files.filter(({ path }: { path: string }) => path.endsWith(".midx"));
    const packs = layers.flatMap((layer: { packs: { name: string }[] }) => layer.packs.map(({ name }) => name));
    for (const { packNumber, pack } of entries) assert.equal(packs[packNumber], pack);
  });
});

test("a multi-pack-index shows its chunks, packs and, below a bitmap, each pack's share", () => {
  const repository = copyRepository(made);
  runGit(newestGit(), ["multi-pack-index", "write", "--bitmap"], { cwd: repository.path });
  const path = join(repository.packDir, "multi-pack-index");
  const { stdout } = runGitmidx(["show", path], { cwd: repository.path });
  for (const chunk of ["header", "chunk table", "PNAM", "OIDF", "OIDL", "OOFF", "RIDX", "BTMP", "trailer"]) {
    assert.match(stdout, new RegExp(`^    ${chunk} +at \\d+ +\\d+ bytes$`, "m"));
  }
  for (const { name } of repository.packs)
    assert.match(stdout, new RegExp(`^    \\d  ${name}\\.idx +\\d+ objects +from bit \\d+$`, "m"));
  assert.match(stdout, new RegExp(`^  checksum +${readFileSync(path).subarray(-20).toString("hex")}$`, "m"));
});

test("damaged files are shown with their problems and status 1; unknown files are fatal", () => {
  const repository = chained();
  const folder = makeTempFolder("damaged");
  const idx = join(folder, "damaged.idx");
  copyFileSync(repository.packs[0]!.idx, idx);
  truncateSync(idx, 1500);
  const { stdout } = runGitmidx(["show", idx], { cwd: folder, status: 1 });
  assert.match(stdout, /^ {2}problem: bad-size \(at 1500\): wrong index v2 file size in /m);
  truncateSync(repository.packs[1]!.idx, 1100);
  const all = runGitmidx(["show"], { cwd: repository.path, status: 1 }).stdout;
  assert.match(all, new RegExp(`^pack-index +${repository.packs[1]!.name}\\.idx: .*\n  problem: bad-size `, "m"));
  assert.equal(all.match(/problem/g)?.length, 1);
  writeFileSync(join(folder, "text"), "nothing of ours\n");
  const unknown = runGitmidx(["show", "text"], { cwd: folder, status: 128 });
  assert.equal(
    unknown.stderr,
    `fatal: ${join(folder, "text")} is no multi-pack-index, chain file, pack index, reverse index, file of modification times, bitmap or pack\n`,
  );
  const missing = runGitmidx(["show", "nothing"], { cwd: folder, status: 128 });
  assert.equal(missing.stderr, "fatal: unable to open 'nothing': No such file or directory\n");
  assert.match(
    runGitmidx(["show", "--object-dir=.", "text"], { cwd: folder, status: 129 }).stderr,
    /^error: cannot use/,
  );
});

test("what is no regular file is shown as damaged, and nothing is read from a FIFO or a device", () => {
  const repository = copyRepository(made, { packs: made.packs.slice(0, 1) });
  const { packDir } = repository;
  const chain = join(packDir, "multi-pack-index.d", "multi-pack-index-chain");
  mkdirSync(join(packDir, "multi-pack-index.d"));
  execFileSync("mkfifo", [join(packDir, "multi-pack-index"), join(packDir, "pack-fifo.idx"), chain]);
  symlinkSync("/dev/zero", join(packDir, "pack-zero.pack"));
  symlinkSync("pack-loop.rev", join(packDir, "pack-loop.rev"));
  const wanted = ["multi-pack-index", chain, "pack-fifo.idx", "pack-loop.rev", "pack-zero.pack"];
  for (const args of [["show"], ["show", packDir]]) {
    const { stdout } = runGitmidx(args, { cwd: repository.path, status: 1 });
    const damaged = [...stdout.matchAll(/^\S+ +(\S+): .*\n {2}problem: io: unable to /gm)].map(([, path]) => path);
    assert.deepEqual(
      damaged,
      wanted.map((path) => path.replace(`${packDir}/`, "")),
    );
  }
});

test("an empty file is shown as what its name says, with status 1", () => {
  const folder = makeTempFolder("empty");
  for (const name of ["multi-pack-index", "multi-pack-index-1.midx", "pack-1.idx", "pack-1.rev", "pack-1.pack"]) {
    writeFileSync(join(folder, name), "");
    assert.match(runGitmidx(["show", name], { cwd: folder, status: 1 }).stdout, /^ {2}problem: truncated /m);
  }
});

test("names that would drive a terminal are escaped", () => {
  const repository = copyRepository(made, { packs: made.packs.slice(0, 1) });
  const strange = join(repository.packDir, "pack-\u001b[31m.idx");
  copyFileSync(repository.packs[0]!.idx, strange);
  copyFileSync(repository.packs[0]!.pack, strange.replace(/idx$/, "pack"));
  runGit(systemGit(), ["multi-pack-index", "write"], { cwd: repository.path });
  for (const args of [
    ["show"],
    ["show", "--objects"],
    ["show", join(repository.packDir, "multi-pack-index")],
    ["show", strange],
  ]) {
    const { stdout, stderr } = runGitmidx(args, { cwd: repository.path, status: "any" });
    assert.ok(!`${stdout}${stderr}`.includes("\u001b"), args.join(" "));
    if (!args.includes("--objects")) assert.ok(stdout.includes("\\u001b[31m"), args.join(" "));
  }
});

test("thousands of entries are one JSON document", () => {
  const { idx } = makeRepository({ packs: 1, objects: 3000 }).packs[0]!;
  const { stdout } = runGitmidx(["show", "--objects", "--json", idx]);
  assert.equal(JSON.parse(stdout).entries.length, 3000);
});
