import assert from "node:assert/strict";
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readGlobalOptions } from "../../src/cli/globals.js";
import { newestGit, runGit } from "../support/gits.js";
import { runProbe } from "../support/program.js";
import { makeTempFolder } from "../support/temp.js";

const folder = makeTempFolder("globals");
mkdirSync(join(folder, "a", "b"), { recursive: true });
mkdirSync(join(folder, "c"));
symlinkSync(join(folder, "a", "b"), join(folder, "c", "link"));
writeFileSync(join(folder, "file"), "");

/** The first line on standard error, with git's name in place of ours. */
function firstLine(stderr: string): string {
  return stderr.split("\n")[0]!;
}

const refused: readonly (readonly string[])[] = [
  ["-C"],
  ["-C", "nowhere"],
  ["-C", "file"],
  ["-C", "a", "-C", "c"],
  ["-c"],
  ["--config-env"],
  ["--config-env=no-equals"],
  ["--config-env=a.b="],
  ["--config-env=a.b=UNSET_VARIABLE"],
  ["--config-env", "a.b=UNSET_VARIABLE"],
  ["--git-dir"],
  ["--work-tree"],
  ["--namespace"],
  ["--attr-source"],
  ["--bogus"],
  ["--bogus=1"],
  ["-x"],
  ["-Cfile"],
  ["--bare=1"],
  ["-p", "-q"],
];

for (const words of refused) {
  test(`'${words.join(" ")}' before the command is refused as git refuses it`, () => {
    // what would follow, where the option is the fault, is a command in git and in the probe
    const git = runGit(newestGit(), words, { cwd: folder, status: "any" });
    const ours = runProbe(words, { cwd: folder, status: "any" });
    assert.notEqual(git.status, 0);
    assert.equal(ours.status, git.status);
    assert.equal(firstLine(ours.stderr), firstLine(git.stderr));
  });
}

const moves = [["a"], ["a", "b"], ["a/b", ".."], ["c/link", ".."], ["c/link/.."], [""], ["a", "", "b"], [folder, "c"]];

for (const directories of moves) {
  test(`-C ${directories.map((d) => `'${d.replace(folder, "/...")}'`).join(" -C ")} leads where it leads git`, async () => {
    const words = directories.flatMap((directory) => ["-C", directory]);
    const git = runGit(newestGit(), [...words, "-c", "alias.where=!pwd -P", "where"], { cwd: folder });
    const { cwd } = await readGlobalOptions([...words, "probe"], folder, {});
    assert.equal(cwd, git.stdout.trimEnd());
  });
}

test("git's options before the command reach it as its settings", async () => {
  const words = [
    "--git-dir=g",
    "--work-tree",
    "w",
    "--bare",
    "-c",
    "a.b=c=d",
    "-c",
    "e.f",
    "--config-env=h.i=VARIABLE",
  ];
  const globals = await readGlobalOptions([...words, "--no-replace-objects", "-p", "-P", "probe", "-x"], folder, {
    VARIABLE: "value",
  });
  assert.deepEqual(globals, {
    cwd: folder,
    gitSettings: {
      gitDir: "g",
      workTree: "w",
      bare: true,
      commandConfig: [
        { key: "a.b", value: "c=d" },
        { key: "e.f", value: undefined },
        { key: "h.i", value: "value" },
      ],
    },
    env: { GIT_NO_REPLACE_OBJECTS: "1" },
    words: ["probe", "-x"],
  });
});

test("options that git multi-pack-index takes before its subcommand are handed on to the command", async () => {
  const { words } = await readGlobalOptions(["--object-dir", "o", "--no-progress", "write", "--bitmap"], folder, {});
  assert.deepEqual(words, ["write", "--object-dir=o", "--no-progress", "--bitmap"]);
});

test("--help and --version stand for commands, and end the options before the command", async () => {
  for (const [dashed, name] of Object.entries({
    "-h": "help",
    "--help": "help",
    "-v": "version",
    "--version": "version",
  })) {
    assert.deepEqual((await readGlobalOptions([dashed, "--bogus"], folder, {})).words, [name, "--bogus"]);
  }
});

test("the current directory is told without symbolic links", () => {
  const told = JSON.parse(runProbe(["-C", "c/link", "probe"], { cwd: folder }).stdout) as { cwd: string };
  assert.equal(told.cwd, realpathSync(join(folder, "a", "b")));
});
