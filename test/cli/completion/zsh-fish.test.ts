import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram } from "../../support/gits.js";
import { runGitmidx } from "../../support/program.js";
import { makeTempFolder } from "../../support/temp.js";
import { couldNotTest } from "../../support/untested.js";

const folder = makeTempFolder("shells");
mkdirSync(join(folder, "objects"));

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ["--version"]).status === 0;
}

for (const shell of ["zsh", "fish"]) {
  test(`the script for ${shell} names every command and option`, () => {
    const script = runGitmidx(["completion", shell]).stdout;
    for (const word of [
      "write",
      "verify",
      "show",
      "lookup",
      "compat",
      "completion",
      "help",
      "version",
      "build-options",
    ]) {
      assert.ok(script.includes(word), word);
    }
  });
}

if (isInstalled("zsh")) {
  const file = join(folder, "_gitmidx");
  writeFileSync(file, runGitmidx(["completion", "zsh"]).stdout);

  test("zsh finds no fault in its script", () => {
    runProgram("zsh", ["-f", "-n", file]);
  });

  test("zsh is told every option of a command, and what its arguments are", () => {
    // stands in for zsh's own function, which needs a terminal
    const program = `
      compdef () { }
      _arguments () { print -rl -- "$@"; state=arguments; return 1 }
      source "$1"
      words=($2)
      _gitmidx`;
    const told = (name: string): string[] =>
      runProgram("zsh", ["-f", "-c", program, "zsh", file, name], { status: "any" }).stdout.trimEnd().split("\n");
    assert.deepEqual(told("version").slice(-3), [
      "-s",
      "*--build-options[also print build options]",
      "*--no-build-options",
    ]);
    assert.deepEqual(told("help").slice(-1), ["*:argument:_gitmidx_commands"]);
    assert.deepEqual(told("completion").slice(-1), ["*:argument:(bash zsh fish)"]);
    assert.ok(told("version").includes("1:command:_gitmidx_commands"));
  });
} else {
  couldNotTest("the completion script for zsh: zsh is not installed");
}

/** What fish offers at the end of `line`. */
function fishOffers(line: string): string[] {
  const file = join(folder, "gitmidx.fish");
  writeFileSync(file, runGitmidx(["completion", "fish"]).stdout);
  const run = runProgram("fish", ["--no-config", "-c", `source ${file}; complete -C "${line}"`], { cwd: folder });
  assert.equal(run.stderr, "");
  return run.stdout
    .split("\n")
    .map((row) => row.split("\t")[0]!)
    .filter((word) => word !== "");
}

if (isInstalled("fish")) {
  test("fish completes commands, options and values", () => {
    assert.deepEqual(fishOffers("gitmidx wr"), ["write"]);
    assert.deepEqual(fishOffers("gitmidx version --b"), ["--build-options"]);
    assert.deepEqual(fishOffers("gitmidx version --no-b"), ["--no-build-options"]);
    assert.deepEqual(fishOffers("gitmidx completion z"), ["zsh"]);
    assert.deepEqual(fishOffers("gitmidx help verif"), ["verify"]);
    assert.deepEqual(fishOffers("gitmidx -C ob"), ["objects/"]);
    assert.ok(fishOffers("git midx wr").includes("write"));
  });
} else {
  couldNotTest("the completion script for fish: fish is not installed");
}
