import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { defineCommand } from "../../../src/cli/command.js";
import { commands } from "../../../src/cli/commands.js";
import { bashCompletion } from "../../../src/cli/completion/bash.js";
import { completedCommand } from "../../../src/cli/completion/model.js";
import { probe } from "../../support/cli-probe.js";
import { runProgram } from "../../support/gits.js";
import { runGitmidx } from "../../support/program.js";
import { makeTempFolder } from "../../support/temp.js";
import { couldNotTest } from "../../support/untested.js";

const write = defineCommand({
  name: "write",
  summary: "Write",
  usage: [""],
  options: {
    "object-dir": { type: "value", argument: "directory", help: "", complete: "directory" },
    format: { type: "value", argument: "f", help: "", complete: ["sha1", "sha256"] },
    output: { type: "value", argument: "file", help: "", complete: "file" },
    color: { type: "optional-value", argument: "when", help: "", complete: ["always", "never"] },
    fixed: { type: "flag", help: "", negatable: false },
  },
  argumentCount: { min: 0, max: 1 },
  completeArguments: ["bash", "zsh"],
  run: async () => 0,
});

const folder = makeTempFolder("completion");
for (const name of ["objects", "other place"]) mkdirSync(join(folder, name));
writeFileSync(join(folder, "object-file"), "");
const script = join(folder, "gitmidx.bash");
writeFileSync(script, bashCompletion([completedCommand(write), completedCommand(probe)]));

const gitScript = [
  "/usr/share/bash-completion/completions/git",
  "/usr/local/share/bash-completion/completions/git",
].find((path) => existsSync(path));

/** What bash offers at the end of `line`, in the words into which readline breaks it. */
function offered(line: string, complete: string, sources = [script]): string[] {
  const words = line
    .split(" ")
    .flatMap((word) => (word === "" ? [""] : word.split(/(=)/).filter((part) => part !== "")));
  const program = `
    for file in "\${@:1:${sources.length}}"; do source "$file"; done
    COMP_WORDS=("\${@:${sources.length + 1}}")
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    COMP_LINE="$LINE" COMP_POINT=\${#LINE} COMP_TYPE=9
    ${complete}
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const run = runProgram("bash", ["--norc", "-c", program, "bash", ...sources, ...words], {
    cwd: folder,
    env: { LINE: line },
  });
  assert.equal(run.stderr.replaceAll(/.*compopt: not currently executing completion function\n/g, ""), "");
  return run.stdout.split("\n").filter((word) => word !== "");
}

const lines: Readonly<Record<string, readonly string[]>> = {
  "": ["write ", "probe "],
  wr: ["write "],
  "-C objects w": ["write "],
  "--bare -c a.b=c pr": ["probe "],
  "--git-dir=objects pr": ["probe "],
  "--git-": ["--git-dir="],
  "--git-dir=ob": ["objects/"],
  "--git-dir ob": ["objects/"],
  "-C o": ["objects/", "other place/"],
  "write --o": ["--object-dir=", "--output="],
  "write --": ["--object-dir=", "--no-", "--format=", "--output=", "--color ", "--fixed "],
  "write --no-": ["--no-object-dir ", "--no-format ", "--no-output ", "--no-color "],
  "write --no-f": ["--no-format "],
  "write --object-dir=": ["objects/", "other place/"],
  "write --object-dir=oth": ["other place/"],
  "write --object-dir oth": ["other place/"],
  "write --format=": ["sha1 ", "sha256 "],
  "write --format sha2": ["sha256 "],
  "write --color=n": ["never "],
  // the value of this one must be joined to it, so the next word is an argument
  "write --color ": ["bash ", "zsh "],
  // nothing of ours: bash completes file names by itself
  "write --output=obj": [],
  "write --output obj": [],
  "write b": ["bash "],
  "write --fixed --format=sha1 b": ["bash "],
  "write -- --f": [],
  "probe --spl": ["--split "],
  "probe --sec": [],
  "probe x": [],
  "nothing --x": [],
};

for (const [line, words] of Object.entries(lines)) {
  test(`bash completes 'gitmidx ${line}' with ${JSON.stringify(words)}`, () => {
    assert.deepEqual(offered(`gitmidx ${line}`, "_gitmidx"), words);
  });
}

test("bash completes git-midx as it completes gitmidx", () => {
  const run = runProgram("bash", ["--norc", "-c", 'source "$0"; complete -p gitmidx git-midx', script]);
  assert.deepEqual(run.stdout.split("\n"), [
    "complete -o bashdefault -o default -o nospace -F _gitmidx gitmidx",
    "complete -o bashdefault -o default -o nospace -F _gitmidx git-midx",
    "",
  ]);
});

if (gitScript === undefined) {
  couldNotTest("completion of `git midx` by git's own script: bash-completion is not installed");
} else {
  for (const [line, words] of Object.entries(lines)) {
    // before the command stand options of gitmidx that git would take for its own
    if (line.startsWith("-") || line.includes("place")) continue;
    test(`git's completion of 'git midx ${line}' is that of gitmidx`, () => {
      assert.deepEqual(offered(`git midx ${line}`, "__git_wrap__git_main", [gitScript, script]), words);
    });
  }

  test("git's completion finds midx behind git's own options", () => {
    assert.deepEqual(offered("git -C objects midx wr", "__git_wrap__git_main", [gitScript, script]), ["write "]);
  });
}

test("the script of the real commands is bash, and offers them all", () => {
  const real = runGitmidx(["completion", "bash"]).stdout;
  const file = join(folder, "real.bash");
  writeFileSync(file, real);
  runProgram("bash", ["-n", file]);
  assert.deepEqual(
    offered("gitmidx ", "_gitmidx", [file]).map((word) => word.trim()),
    commands.map(({ name }) => name),
  );
  assert.deepEqual(offered("gitmidx help verif", "_gitmidx", [file]), ["verify ", "verify-pack "]);
  assert.deepEqual(offered("gitmidx completion z", "_gitmidx", [file]), ["zsh "]);
});
