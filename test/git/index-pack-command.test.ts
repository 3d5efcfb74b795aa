/** On the command line, index-pack and verify-pack answer as git's do: the same files, output, status and first line of complaint. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isGitmidxError } from "../../src/core/errors.js";
import { indexPackFile } from "../../src/ops/index-pack/index-pack.js";
import { NodeFs } from "../../src/store/node-fs.js";
import { gitEnvironment, newestGit, type RunResult, runGit } from "../support/gits.js";
import { defaultOptions, emptyDirectory, receive } from "../support/index-pack-run.js";
import { gitmidxProgram, runGitmidx } from "../support/program.js";
import { appendDelta, objectId, RawPack } from "../support/raw-pack.js";
import { makeTempFolder } from "../support/temp.js";

const git = newestGit();

/** A folder with a pack, for each program one. */
function twins(pack: Uint8Array): readonly [string, string] {
  const folders = [makeTempFolder("git"), makeTempFolder("gitmidx")] as const;
  for (const folder of folders) writeFileSync(join(folder, "x.pack"), pack);
  return folders;
}

/** What is compared: git's sentence, without what we add on further lines. */
function said({ stdout, stderr, status }: RunResult) {
  const lines = stderr.split("\n");
  return { stdout, status, complaint: lines.find((line) => line.startsWith("fatal: ")) ?? lines[0] };
}

function filesIn(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name), "latin1")]));
}

function assertAlike(pack: Uint8Array, args: readonly string[], input?: Uint8Array): RunResult {
  const [theirs, ours] = twins(pack);
  const options = { status: "any" as const, ...(input === undefined ? {} : { input }) };
  const wanted = runGit(git, args, { cwd: theirs, ...options });
  const result = runGitmidx(args, { cwd: ours, ...options });
  assert.deepEqual(said(result), said(wanted), args.join(" "));
  // Where git fails it may leave what it had begun; we leave nothing.
  if (wanted.status === 0) assert.deepEqual(filesIn(ours), filesIn(theirs));
  else assert.deepEqual([...filesIn(ours).keys()], ["x.pack"]);
  return result;
}

/** A pack with objects of every kind. */
function goodPack(): Buffer {
  const pack = new RawPack();
  const base = pack.add("blob", "one\n");
  pack.addOfsDelta(base, appendDelta(4, "two\n"));
  pack.addRefDelta(objectId("blob", "one\ntwo\n"), appendDelta(8, "three\n"));
  pack.add("tree", "");
  pack.add("tag", `object ${objectId("blob", "one\n").toString("hex")}\ntype blob\ntag t\ntagger A <a> 1 +0000\n\nm\n`);
  return pack.finish();
}

test("index-pack of a file answers as git's does", () => {
  const pack = goodPack();
  for (const args of [
    ["index-pack", "x.pack"],
    ["index-pack", "-o", "y.idx", "x.pack"],
    ["index-pack", "--keep", "x.pack"],
    ["index-pack", "--keep=because", "--no-rev-index", "x.pack"],
    ["index-pack", "--index-version=1", "x.pack"],
    ["index-pack", "--index-version=2,0x20", "x.pack"],
    ["index-pack", "--threads=1", "x.pack"],
    ["index-pack", "--fsck-objects", "x.pack"],
    ["index-pack", "--max-input-size=100000", "x.pack"],
    ["-c", "pack.indexVersion=1", "index-pack", "x.pack"],
    ["-c", "pack.writeReverseIndex=false", "index-pack", "x.pack"],
  ]) {
    assertAlike(pack, args);
  }
});

test("index-pack refuses what git's refuses, in its words", () => {
  const pack = goodPack();
  for (const args of [
    ["index-pack", "y.pack"],
    ["index-pack", "--index-version=3", "x.pack"],
    ["index-pack", "--index-version=2,0x80000000", "x.pack"],
    ["index-pack", "--index-version=2,x", "x.pack"],
    ["index-pack", "--fix-thin", "x.pack"],
    ["index-pack", "--stdin"],
    ["index-pack", "--promisor", "x.pack"],
    ["index-pack", "--object-format=md5", "x.pack"],
    ["index-pack", "-o", "y", "x.pack"],
    ["index-pack", "--max-input-size=20", "x.pack"],
    ["index-pack", "--max-input-size=0x20", "--strict=missingEmail", "x.pack"],
    ["-c", "pack.indexVersion=3", "index-pack", "x.pack"],
    ["-c", "pack.threads=-1", "index-pack", "x.pack"],
    ["index-pack", "--verify", "x.pack"],
  ]) {
    assertAlike(pack, args);
  }
});

test("of a wrong command line index-pack tells its usage alone, and writes nothing", () => {
  for (const words of [[], ["-o", "a", "-o", "x", "x.pack"], ["--nonsense", "x.pack"], ["x.pack", "y.pack"]]) {
    const [theirs, ours] = twins(goodPack());
    const wanted = runGit(git, ["index-pack", ...words], { cwd: theirs, status: 129 }).stderr;
    const { stderr, status } = runGitmidx(["index-pack", ...words], { cwd: ours, status: "any" });
    assert.deepEqual([stderr, status], [wanted.replace("usage: git ", "usage: gitmidx "), 129]);
    assert.deepEqual([...filesIn(ours).keys()], ["x.pack"]);
  }
});

test("a delta that makes too much or too little is told of before the end, as git tells of it", () => {
  for (const [size, more] of [
    [4, "abcdef"],
    [5, "ab"],
  ] as const) {
    const pack = new RawPack();
    const base = pack.add("blob", "one\n");
    // of a base of 4 bytes, `size` bytes: those that follow
    pack.addOfsDelta(base, Buffer.from([4, size, more.length, ...Buffer.from(more)]));
    const [theirs, ours] = twins(pack.finish());
    const wanted = runGit(git, ["index-pack", "x.pack"], { cwd: theirs, status: 128 }).stderr;
    assert.equal(runGitmidx(["index-pack", "x.pack"], { cwd: ours, status: 128 }).stderr, wanted);
  }
});

test("verify-pack fails with git's status for a format that there is not", () => {
  const [theirs, ours] = twins(goodPack());
  for (const words of [["x"], ["-v", "x", "y"]]) {
    const args = ["verify-pack", "--object-format=foo", ...words];
    const { stdout, stderr, status } = runGit(git, args, { cwd: theirs, status: "any" });
    const result = runGitmidx(args, { cwd: ours, status: "any" });
    assert.deepEqual([result.stdout, result.stderr, result.status], [stdout, stderr, status]);
  }
});

type NamedPack = readonly [what: string, pack: Buffer];

/** Packs whose frame is wrong, in one way each. */
function damagedFrames(): readonly NamedPack[] {
  const good = goodPack();
  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(good);
    change(bytes);
    return bytes;
  };
  return [
    ["empty", Buffer.alloc(0)],
    ["only a header", good.subarray(0, 12)],
    ["cut in a header", good.subarray(0, 8)],
    ["cut in an entry", good.subarray(0, 40)],
    ["cut in the trailer", good.subarray(0, -3)],
    ["wrong signature", changed((bytes) => bytes.write("PUCK"))],
    ["version 4", changed((bytes) => bytes.writeUInt32BE(4, 4))],
    ["one object more", changed((bytes) => bytes.writeUInt32BE(6, 8))],
    ["one object less", changed((bytes) => bytes.writeUInt32BE(4, 8))],
    ["a bit of the trailer", changed((bytes) => void (bytes[bytes.length - 1]! ^= 1))],
    ["a bit of a stream", changed((bytes) => void (bytes[16]! ^= 1))],
    ["junk at the end", Buffer.concat([good, Buffer.from("junk")])],
  ];
}

/** Packs with an entry that is wrong. */
function damagedEntries(): readonly NamedPack[] {
  const raw = (build: (pack: RawPack) => void): Buffer => {
    const pack = new RawPack();
    build(pack);
    return pack.finish();
  };
  const stream = Buffer.from("789c4b4c4a06000 24d0127".replace(" ", ""), "hex");
  return [
    ["type 0", raw((pack) => pack.addEntry(0, 3, undefined, stream))],
    ["type 5", raw((pack) => pack.addEntry(5, 3, undefined, stream))],
    ["a size too small", raw((pack) => pack.addEntry(3, 2, undefined, stream))],
    ["a size too large", raw((pack) => pack.addEntry(3, 4, undefined, stream))],
    ["a size of 2^40", raw((pack) => pack.addEntry(3, 2 ** 40, undefined, stream))],
    ["a size of 2^70", raw((pack) => pack.addBytes(Buffer.from("bfffffffffffffffffff7f", "hex")))],
    ["a base before the pack", raw((pack) => pack.addEntry(6, 3, Buffer.from([0x40]), stream))],
    ["a base of no distance", raw((pack) => pack.addEntry(6, 3, Buffer.from([0]), stream))],
    ["a base far away", raw((pack) => pack.addEntry(6, 3, Buffer.from("ffffffffffffffffff7f", "hex"), stream))],
    [
      "a base that is no entry",
      raw((pack) => {
        pack.add("blob", "abc");
        pack.addOfsDelta(13, appendDelta(3, "d"));
      }),
    ],
    ["a base that is not there", raw((pack) => void pack.addRefDelta(Buffer.alloc(20, 7), appendDelta(3, "d")))],
    [
      "two bases that are not there",
      raw((pack) => {
        pack.addRefDelta(Buffer.alloc(20, 7), appendDelta(3, "d"));
        pack.addRefDelta(Buffer.alloc(20, 8), appendDelta(3, "d"));
      }),
    ],
    ["a delta for another size", raw((pack) => void pack.addOfsDelta(pack.add("blob", "abc"), appendDelta(4, "d")))],
    [
      "a delta with a wrong opcode",
      raw((pack) => void pack.addOfsDelta(pack.add("blob", "abc"), Buffer.from([3, 1, 0, 0]))),
    ],
    ["a delta that is too short", raw((pack) => void pack.addOfsDelta(pack.add("blob", "abc"), Buffer.from([3, 0])))],
    [
      "a delta that promises much",
      raw((pack) => void pack.addOfsDelta(pack.add("blob", "abc"), Buffer.from([3, 0xff, 0xff, 0xff, 0x7f, 1, 1]))),
    ],
  ];
}

test("index-pack says of a damaged pack what git's says, and leaves nothing behind", async () => {
  for (const [what, pack] of [...damagedFrames(), ...damagedEntries()]) {
    const [theirs, ours] = twins(pack);
    const { complaint } = said(runGit(git, ["index-pack", "x.pack"], { cwd: theirs, status: 128 }));
    const firstLine = (error: Error): boolean => {
      assert.equal(`fatal: ${error.message.split("\n")[0]}`, complaint, what);
      return isGitmidxError(error);
    };
    await assert.rejects(indexPackFile(new NodeFs(), { packPath: join(ours, "x.pack") }, defaultOptions()), firstLine);
    assert.deepEqual(readdirSync(ours), ["x.pack"], what);
    const { fs, directory } = emptyDirectory();
    await assert.rejects(receive(directory, pack, { behind: "refuse", pieces: 10 }), firstLine);
    assert.deepEqual(await fs.list("/objects/pack"), [], what);
  }
});

/** An empty repository for each program. */
function repositories(): readonly [string, string] {
  const made = [makeTempFolder("git"), makeTempFolder("gitmidx")] as const;
  for (const folder of made) runGit(git, ["init", "-q", folder]);
  return made;
}

const packFolder = join(".git", "objects", "pack");

/** Files of the same modes. */
function modesIn(folder: string): readonly string[] {
  return readdirSync(folder).map((name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`);
}

test("index-pack --stdin puts the same files into a repository as git's, read-only", () => {
  for (const args of [[], ["--keep=k"], ["--strict"], ["-o", "out.idx", "in.pack"], ["--pack_header=2,5"]]) {
    const [theirs, ours] = repositories();
    const input = args[0]?.startsWith("--pack_header") === true ? goodPack().subarray(12) : goodPack();
    const command = ["index-pack", "--stdin", ...args];
    const wanted = runGit(git, command, { cwd: theirs, input });
    const result = runGitmidx(command, { cwd: ours, input });
    assert.deepEqual(said(result), said(wanted), args.join(" "));
    assert.deepEqual(filesIn(join(ours, packFolder)), filesIn(join(theirs, packFolder)), args.join(" "));
    assert.deepEqual(modesIn(join(ours, packFolder)), modesIn(join(theirs, packFolder)), args.join(" "));
    assert.deepEqual(filesIn(ours), filesIn(theirs), args.join(" "));
    assert.equal(existsSync(join(ours, packFolder, "tmp")), false);
  }
});

test("what stands behind a pack on standard input comes out again", () => {
  const [, ours] = repositories();
  const input = Buffer.concat([goodPack(), Buffer.from("more\n")]);
  const run = spawnSync(process.execPath, [gitmidxProgram, "index-pack", "--stdin"], {
    cwd: ours,
    input,
    env: gitEnvironment(),
  });
  assert.match(run.stdout.toString(), /^pack\t[0-9a-f]{40}\nmore\n$/);
});

/** A repository with two commits, and a thin pack of the second. */
function thinPack(): { readonly folder: string; readonly pack: Uint8Array } {
  const folder = makeTempFolder("thin");
  runGit(git, ["init", "-q", folder]);
  const lines = Array.from({ length: 3000 }, (_, i) => `line ${i} of many\n`);
  const commit = (text: string): string => {
    writeFileSync(join(folder, "file"), text);
    runGit(git, ["add", "file"], { cwd: folder });
    runGit(git, ["commit", "-q", "-m", "m"], { cwd: folder });
    return runGit(git, ["rev-parse", "HEAD"], { cwd: folder }).stdout.trim();
  };
  const first = commit(lines.join(""));
  const second = commit(lines.with(7, "changed\n").join(""));
  const input = `${second}\n^${first}\n`;
  const { bytes } = runGit(git, ["pack-objects", "--revs", "--thin", "--stdout", "-q"], { cwd: folder, input });
  return { folder, pack: bytes };
}

test("a thin pack is completed with the bytes that git completes it with", () => {
  const { folder, pack } = thinPack();
  const other = makeTempFolder("thin-twin");
  cpSync(folder, other, { recursive: true });
  const command = ["index-pack", "--stdin", "--fix-thin"];
  const wanted = runGit(git, command, { cwd: folder, input: pack });
  assert.deepEqual(said(runGitmidx(command, { cwd: other, input: pack })), said(wanted));
  assert.deepEqual(filesIn(join(other, packFolder)), filesIn(join(folder, packFolder)));
  runGit(git, ["fsck", "--strict"], { cwd: other });
  const alone = makeTempFolder("alone");
  runGit(git, ["init", "-q", alone]);
  const refused = runGit(git, command, { cwd: alone, input: pack, status: "any" });
  assert.deepEqual(said(runGitmidx(command, { cwd: alone, input: pack, status: "any" })), said(refused));
  assert.deepEqual(
    readdirSync(join(alone, packFolder)).filter((name) => !name.startsWith("tmp_")),
    [],
  );
});

test("an object of the repository with another content under the same id is a collision", () => {
  const [theirs, ours] = repositories();
  const input = goodPack();
  const id = objectId("blob", "one\n").toString("hex");
  for (const folder of [theirs, ours]) {
    // A loose object that holds something else than its name says.
    const wrong = runGit(git, ["hash-object", "-w", "--stdin"], { cwd: folder, input: "two\n" }).stdout.trim();
    const objects = join(folder, ".git", "objects");
    mkdirSync(join(objects, id.slice(0, 2)));
    cpSync(join(objects, wrong.slice(0, 2), wrong.slice(2)), join(objects, id.slice(0, 2), id.slice(2)));
  }
  const wanted = runGit(git, ["index-pack", "--stdin"], { cwd: theirs, input, status: 128 });
  const result = runGitmidx(["index-pack", "--stdin"], { cwd: ours, input, status: 128 });
  assert.equal(
    result.stderr.split("\n")[0],
    wanted.stderr.split("\n").find((line) => line.startsWith("fatal:")),
  );
  assert.deepEqual(readdirSync(join(ours, packFolder)), []);
});

test("verify-pack lists, counts and judges as git's does", () => {
  const pack = goodPack();
  const folder = makeTempFolder("verify");
  writeFileSync(join(folder, "x.pack"), pack);
  runGit(git, ["index-pack", "--rev-index", "x.pack"], { cwd: folder });
  const options = { cwd: folder, status: "any" } as const;
  const compare = (args: readonly string[]): void => {
    assert.deepEqual(said(runGitmidx(args, options)), said(runGit(git, args, options)), args.join(" "));
  };
  const all = (): void => {
    for (const args of [
      ["verify-pack", "x"],
      ["verify-pack", "-v", "x.idx"],
      ["verify-pack", "-s", "x.pack"],
      ["verify-pack", "-v", "-s", "x", "nothing", "x.pack"],
      ["index-pack", "--verify", "x.pack"],
      ["index-pack", "--verify-stat", "x.pack"],
      ["index-pack", "--verify-stat-only", "x.pack"],
    ]) {
      compare(args);
    }
  };
  all();
  for (const [name, at] of [
    ["x.pack", 20],
    ["x.pack", 30],
    ["x.idx", 900],
    ["x.idx", 1060],
    ["x.idx", 1200],
    ["x.rev", 15],
  ] as const) {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x10;
    writeWritable(path, damaged);
    compare(["verify-pack", "x"]);
    writeWritable(path, Buffer.concat([bytes, Buffer.from("junk")]));
    compare(["verify-pack", "x"]);
    writeWritable(path, bytes.subarray(0, bytes.length - 5));
    compare(["verify-pack", "x"]);
    writeWritable(path, bytes);
  }
});

function writeWritable(path: string, bytes: Uint8Array): void {
  spawnSync("chmod", ["u+w", path]);
  writeFileSync(path, bytes);
}
