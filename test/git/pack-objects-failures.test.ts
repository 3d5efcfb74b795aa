/** What `pack-objects` says and does where something is wrong or odd, beside git. */

import assert from "node:assert/strict";
import { type StdioOptions, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gitAtLeast, gitEnvironment, type RunResult, runGit } from "../support/gits.js";
import { gitmidxProgram, runGitmidx } from "../support/program.js";
import { scale } from "../support/scale.js";
import { makeTempFolder } from "../support/temp.js";
import { couldNotTest } from "../support/untested.js";
import { makeHistory } from "./pack-twins.js";

const git = gitAtLeast(2, 55);
if (git === undefined) couldNotTest("what pack-objects says where something is wrong: needs git 2.55 or newer");
else {
  const bare = makeHistory(git, { commits: 16, layout: "loose" });
  const history = join(makeTempFolder("worked"), "w");
  runGit(git, ["clone", "-q", "--no-checkout", bare, history]);
  runGit(git, ["repack", "-adq"], { cwd: history });

  /** A copy to spoil. */
  const copy = (): string => {
    const path = join(makeTempFolder("spoilt"), "w");
    cpSync(history, path, { recursive: true, preserveTimestamps: true });
    return path;
  };
  const idAt = (cwd: string, revision: string) => runGit(git, ["rev-parse", revision], { cwd }).stdout.trim();

  interface Twins {
    readonly theirs: RunResult;
    readonly ours: RunResult;
  }
  const both = (cwd: string, args: readonly string[], input = ""): Twins => {
    const all = ["pack-objects", "-q", "--threads=1", ...args];
    const options = { cwd, input, status: "any" } as const;
    return { theirs: runGit(git, all, options), ours: runGitmidx([...all, "--deflate=exact"], options) };
  };
  const assertSameWords = (cwd: string, args: readonly string[], input = ""): void => {
    const { theirs, ours } = both(cwd, args, input);
    assert.deepEqual([ours.status, ours.stderr], [theirs.status, theirs.stderr], args.join(" "));
  };

  test("the name of a pack is the text that was given, a dash and the checksum", () => {
    const folder = makeTempFolder("names");
    mkdirSync(join(folder, "out"));
    for (const name of [
      "../names/out/",
      "../names/out/.",
      "../names/out/..",
      "../names/out/p",
      "",
      join(folder, "x/../q"),
    ]) {
      const cwd = copy();
      const beside = join(cwd, "../names");
      const found: string[][] = [];
      for (const program of ["git", "ours"]) {
        rmSync(beside, { recursive: true, force: true });
        mkdirSync(join(beside, "out"), { recursive: true });
        mkdirSync(join(folder, "x"), { recursive: true });
        const args = ["pack-objects", "-q", "--all", name];
        if (program === "git") runGit(git, args, { cwd });
        else runGitmidx(args, { cwd });
        const files = [cwd, beside, join(beside, "out"), folder].flatMap((place, i) =>
          readdirSync(place).map((file) => `${i} ${file}`),
        );
        found.push(
          files.filter((file) => file.endsWith(".pack")).map((file) => file.replace(/-[0-9a-f]{40}\./, "-H.")),
        );
        for (const place of [cwd, folder]) {
          for (const file of readdirSync(place)) if (/-[0-9a-f]{40}\./.test(file)) rmSync(join(place, file));
        }
      }
      assert.equal(found[0]!.length, 1, name);
      assert.deepEqual(found[1], found[0], name);
    }
  });

  test("a folder that is not there is git's error, and nothing is left", () => {
    const cwd = copy();
    assertSameWords(cwd, ["--all", "--window=0", "../nowhere/p"]);
    assertSameWords(cwd, ["--all", "--window=0", "/nowhere/at-all/p"]);
    const own = copy();
    runGitmidx(["pack-objects", "-q", "--all", "../nowhere/p"], { cwd: own, status: 128 });
    const left = readdirSync(join(own, ".git/objects/pack")).filter((name) => name.startsWith("tmp"));
    assert.deepEqual(left, []);
  });

  test("a word other than ours after --write-bitmap-index is the wrong use that it is for git", () => {
    const cwd = makeHistory(git, { commits: 2 });
    const args = ["pack-objects", "--all", "--write-bitmap-index=foo", "p"];
    const options = { cwd, status: "any", input: "" } as const;
    const expected = runGit(git, args, options);
    const actual = runGitmidx(args, options);
    assert.deepEqual([actual.status, actual.stderr], [expected.status, expected.stderr]);
  });

  test("packs that are not there are fatal", () => {
    assertSameWords(history, ["--stdin-packs", "p"], "nosuch.pack\n");
    assertSameWords(history, ["--cruft", "p"], "-nosuch.pack\n");
  });

  test("a ref that names no object is fatal, a symbolic one that leads nowhere is not", () => {
    const spoil: readonly (readonly [name: string, text: string])[] = [
      ["refs/heads/bad", "garbage\n"],
      ["refs/tags/empty", ""],
      ["refs/heads/null", `${"0".repeat(40)}\n`],
      ["refs/heads/a..b", `${idAt(history, "HEAD")}\n`],
      ["refs/heads/gone", `${"12".repeat(20)}\n`],
      ["refs/heads/dangling", "ref: refs/heads/none\n"],
      ["refs/heads/loop", "ref: refs/heads/loop\n"],
    ];
    for (const [name, text] of spoil) {
      const cwd = copy();
      writeFileSync(join(cwd, ".git", name), text);
      assertSameWords(cwd, ["--all", "--stdout"]);
    }
  });

  test("a commit that is missing is named before git's last word", () => {
    const cwd = join(makeTempFolder("missing"), "r");
    cpSync(bare, cwd, { recursive: true });
    const id = idAt(cwd, "main~4");
    rmSync(join(cwd, "objects", id.slice(0, 2), id.slice(2)));
    for (const manner of [["--all"], ["--all", "--missing=allow-any"], ["--all", "--path-walk"]]) {
      assertSameWords(cwd, [...manner, "--stdout"]);
    }
    assertSameWords(cwd, ["--revs", "--stdout"], "main\n^main~2\n");
    assertSameWords(cwd, ["--revs", "--thin", "--stdout"], "main\n^main~8\n");
  });

  test("a tree that is missing ends the walk by path with git's words", () => {
    const cwd = join(makeTempFolder("missing"), "r");
    cpSync(bare, cwd, { recursive: true });
    const id = idAt(cwd, "main~4:dir1");
    rmSync(join(cwd, "objects", id.slice(0, 2), id.slice(2)));
    const { theirs, ours } = both(cwd, ["--all", "--path-walk", "--stdout"]);
    assert.deepEqual(ours.stderr.split("\n").slice(0, 2), theirs.stderr.split("\n").slice(0, 2));
    assert.equal(ours.status, 128);
  });

  test("an alternate that is not there is an error that does not end the work", () => {
    const cwd = copy();
    writeFileSync(join(cwd, ".git/objects/info/alternates"), "/nowhere/at/all\n");
    assertSameWords(cwd, ["--all", "--stdout", "--window=0"]);
  });

  test("a pack whose index is damaged is as good as not there", () => {
    const cwd = copy();
    const folder = join(cwd, ".git/objects/pack");
    writeFileSync(
      join(folder, "pack-bad.pack"),
      readFileSync(join(folder, readdirSync(folder).find((name) => name.endsWith(".pack"))!)),
    );
    writeFileSync(join(folder, "pack-bad.idx"), "short");
    const once = ({ stderr }: RunResult) => [...new Set(stderr.split("\n"))];
    const runs: readonly (readonly [args: readonly string[], input: string])[] = [
      [["--all", "--stdout"], ""],
      [["--stdin-packs", "p"], "pack-bad.pack\n"],
      [["--cruft", "p"], "pack-bad.pack\n"],
      [["--all", "--unpacked", "--incremental", "p"], ""],
    ];
    for (const [args, input] of runs) {
      const { theirs, ours } = both(cwd, args, input);
      assert.deepEqual(
        [ours.status, once(ours), ours.bytes],
        [theirs.status, once(theirs), theirs.bytes],
        args.join(" "),
      );
    }
  });

  test("filters in the walk by path choose and order as git's", () => {
    const often = [["blob:none"], ["blob:limit=1k"], ["object:type=tree"], ["combine:blob:none+tree:2"]];
    const seldom = [
      ["tree:0"],
      ["tree:1"],
      ["blob:limit=0"],
      ["object:type=blob"],
      ["object:type=tag"],
      ["object:type=commit"],
      ["combine:blob:limit=2k+blob:limit=1k"],
      ["blob:limit=1k", "object:type=blob"],
      ["sparse:oid=main:nosuch"],
    ];
    for (const filter of scale(often, [...often, ...seldom])) {
      const manner = ["--path-walk", "--stdout", "--revs", ...filter.map((spec) => `--filter=${spec}`)];
      for (const input of ["main\nv15\n", "main\n^main~5\nmain:dir1\nmain:dir0/file0.txt\n"]) {
        const { theirs, ours } = both(bare, manner, input);
        assert.deepEqual([ours.status, ours.stderr], [theirs.status, theirs.stderr], manner.join(" "));
        assert.deepEqual(ours.bytes, theirs.bytes, `${manner.join(" ")} of ${input}`);
      }
    }
  });

  test("islands that nobody has configured change nothing but the order of commits", () => {
    for (const manner of [["--all"], ["--all", "--path-walk"], ["--all", "--reflog"]]) {
      const { theirs, ours } = both(bare, [...manner, "--delta-islands", "--stdout"]);
      assert.deepEqual([ours.status, ours.stderr], [theirs.status, theirs.stderr]);
      assert.deepEqual(ours.bytes, theirs.bytes);
    }
    const args = ["-c", "pack.island=refs/heads/", "pack-objects", "--all", "--stdout", "--delta-islands"];
    assert.match(runGitmidx(args, { cwd: bare, status: 128 }).stderr, /^fatal: gitmidx knows no delta islands/);
  });

  if (!existsSync("/dev/full")) couldNotTest("standard output on a full device: needs /dev/full");
  else {
    test("a full device is fatal in git's words", () => {
      const args = ["pack-objects", "-q", "--all", "--stdout"];
      const stdio: StdioOptions = ["ignore", openSync("/dev/full", "w"), "pipe"];
      const options = { cwd: bare, env: gitEnvironment(), stdio, encoding: "utf8" as const };
      const theirs = spawnSync(git.path, args, options);
      const ours = spawnSync(process.execPath, [...process.execArgv, gitmidxProgram, ...args], options);
      assert.deepEqual([ours.status, ours.stderr], [theirs.status, theirs.stderr]);
    });
  }
}
