import assert from "node:assert/strict";
import { test } from "node:test";
import { forEachGit, gitAtLeast, gits, isAtLeast, newestGit, runGit, systemGit } from "./gits.js";
import { makeTempFolder } from "./temp.js";

for (const git of gits()) {
  test(`${git.label} runs with nothing of the machine's configuration or environment`, () => {
    process.env.GIT_DIR = "/nowhere";
    process.env.GIT_CONFIG_PARAMETERS = "'core.bare=broken'";
    try {
      const cwd = makeTempFolder();
      runGit(git, ["init", "-q"], { cwd });
      const origins = runGit(git, ["config", "--list", "--show-scope"], { cwd }).stdout;
      assert.doesNotMatch(origins, /^(system|command)\t/m);
      assert.match(origins, /^global\tgc\.auto=0$/m);
      runGit(git, ["commit", "-q", "--allow-empty", "-m", "first"], { cwd });
      assert.equal(
        runGit(git, ["log", "--format=%an %at %cn %ct"], { cwd }).stdout,
        "A U Thor 1700000000 C O Mitter 1700000000\n",
      );
    } finally {
      delete process.env.GIT_DIR;
      delete process.env.GIT_CONFIG_PARAMETERS;
    }
  });

  test(`${git.label} starts its own sub-commands, not another git's`, () => {
    const cwd = makeTempFolder();
    const { stdout } = runGit(git, ["-c", "alias.own=!git version", "own"], { cwd });
    assert.match(stdout, new RegExp(`^git version ${git.version.join("\\.")}`));
    runGit(git, ["init", "-q", "--bare", "served"], { cwd });
    runGit(git, ["clone", "-q", `file://${cwd}/served`, "cloned"], { cwd });
  });
}

test("a status other than the wanted one throws with the command and what it said", () => {
  const cwd = makeTempFolder();
  assert.throws(
    () => runGit(systemGit(), ["cat-file", "-t", "HEAD"], { cwd }),
    /cat-file -t HEAD .*status 128.*fatal: not a git/s,
  );
  assert.equal(runGit(systemGit(), ["cat-file", "-t", "HEAD"], { cwd, status: "any" }).status, 128);
});

test("gitAtLeast gives the newest, and undefined where no git is that new", () => {
  assert.equal(gitAtLeast(1, 0), newestGit());
  assert.equal(gitAtLeast(99, 0), undefined);
  const seen: string[] = [];
  forEachGit(0, 0, "nothing", (git) => seen.push(git.label));
  assert.deepEqual(
    seen,
    gits().map((git) => git.label),
  );
  assert.ok(gits().every((git) => isAtLeast(git, ...([git.version[0], git.version[1]] as const))));
});
