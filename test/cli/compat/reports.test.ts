/** How `gitmidx compat` tells what it finds, and how it ends. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { manyPacks } from "../../support/compat-run.js";
import { gitAtLeast, gitEnvironment, gits, newestGit } from "../../support/gits.js";
import { gitThatFlips, scriptedGit } from "../../support/lying-git.js";
import { parseXml, type XmlElement } from "../../support/parse-xml.js";
import { gitmidxProgram, runGitmidx } from "../../support/program.js";
import { makeRepository } from "../../support/repository-maker.js";
import { makeTempFolder } from "../../support/temp.js";

test("the text tells each check in a line, and of a difference where it is and what both have", () => {
  const repository = makeRepository({ ...manyPacks, packs: 2 });
  const git = newestGit();
  const offset = 11;
  const run = runGitmidx(
    ["compat", `--git=${gitThatFlips(git, offset)}`, "--only=write", "--only=packs", repository.path],
    {
      status: 1,
    },
  );
  const [heading = "", ...lines] = run.stdout.split("\n");
  assert.match(heading, /^gitmidx \S+ and git \d+\.\d+\S* \(.*\/git\)$/);
  assert.match(lines[0]!, /^ok {12}packs: .* \(2 packs, \d+ objects, 0 reverse index files\)$/);
  assert.deepEqual(lines.slice(1), [
    "DIFFERENT     write: one file with all packs (1 write, 2 packs)",
    "    multi-pack-index: header at 11: write: 1 byte differs",
    "      gitmidx:  bytes 00000002504e414d",
    "      git:      bytes 00000003504e414d",
    "",
    "2 checks: 1 ok, 1 different, 0 not compared",
    "",
  ]);
});

test("the JSON report has the members that the page lists", () => {
  const repository = makeRepository({ ...manyPacks, packs: 2 });
  const words = ["compat", "--json", `--git=${gitThatFlips(newestGit(), 11)}`, "--only=write", "--only=packs"];
  const report = JSON.parse(runGitmidx([...words, repository.path], { status: 1 }).stdout);
  assert.deepEqual(Object.keys(report), [
    "gitmidx",
    "objectDirectory",
    "format",
    "checks",
    "same",
    "different",
    "notCompared",
  ]);
  const { gitmidx, objectDirectory, format, checks, same, different, notCompared } = report;
  assert.match(gitmidx, /^\d+\.\d+\.\d+$/);
  assert.deepEqual([objectDirectory, format, same, different, notCompared], [repository.objectDir, "sha1", 1, 1, 0]);
  const members = [
    "git",
    "gitPath",
    "check",
    "title",
    "outcome",
    "summary",
    "seconds",
    "differenceCount",
    "differences",
  ];
  for (const check of checks) assert.deepEqual(Object.keys(check), members);
  assert.deepEqual(checks[1].differences, [
    {
      what: "write: 1 byte differs",
      path: "multi-pack-index",
      offset: 11,
      chunk: "header",
      ours: "bytes 00000002504e414d",
      git: "bytes 00000003504e414d",
    },
  ]);
  const page = readFileSync(new URL("../../../../Documentation/gitmidx-compat.md", import.meta.url), "utf8");
  for (const name of [...Object.keys(report), ...members]) assert.ok(page.includes(`\`${name}\``), name);
});

test("several gits are compared one after the other, each under its own heading", () => {
  const repository = makeRepository({ packs: 2 });
  const paths = gits().map(({ path }) => path);
  const run = runGitmidx(["compat", ...paths.map((path) => `--git=${path}`), "--only=packs", repository.path]);
  const headings = run.stdout.split("\n").filter((line) => line.startsWith("gitmidx "));
  assert.deepEqual(
    headings.map((line) => /and git (\d+\.\d+)/.exec(line)?.[1]),
    gits().map(({ version }) => `${version[0]}.${version[1]}`),
  );
});

function elementsNamed(element: XmlElement, name: string): readonly XmlElement[] {
  return element.elements.flatMap((child) => [...(child.name === name ? [child] : []), ...elementsNamed(child, name)]);
}

test("the JUnit report is well-formed, with the outcome of each check, whatever paths and messages hold", () => {
  const path = join(makeTempFolder("odd"), `r & <b> "q" 'a' ü`);
  const repository = makeRepository({ ...manyPacks, packs: 2, path });
  const liar = scriptedGit(
    newestGit(),
    `case " $* " in *" cat-file "*) printf 'fatal: <a> & "b" \\001\\033[31m\\377' >&2; exit 128;; esac`,
  );
  const oddGit = join(makeTempFolder("odd-git"), `git & <"'>`);
  symlinkSync(liar, oddGit);
  const file = join(makeTempFolder("junit"), "report.xml");
  const words = ["compat", `--git=${oddGit}`, "--git=git", `--junit=${file}`, "--only=objects", "--only=fsck"];
  runGitmidx([...words, "--only=packs", repository.path], { status: 1 });
  const root = parseXml(readFileSync(file, "utf8"));
  assert.equal(root.name, "testsuites");
  const suites = elementsNamed(root, "testsuite");
  assert.equal(suites.length, 2);
  assert.ok(suites[0]!.attributes.name?.includes(oddGit));
  assert.deepEqual(
    suites.map(({ attributes: { tests, failures, skipped, errors } }) => [tests, failures, skipped, errors]),
    [
      ["3", "1", "1", "0"],
      ["3", "0", "1", "0"],
    ],
  );
  assert.equal(root.attributes.tests, "6");
  const cases = elementsNamed(suites[0]!, "testcase");
  assert.deepEqual(
    cases.map(({ elements: [child] }) => child?.name),
    ["system-out", "failure", "skipped"],
  );
  assert.ok(cases[1]!.elements[0]!.text.includes('fatal: <a> & "b" \ufffd\ufffd[31m\ufffd'));
  assert.ok(cases.every(({ attributes }) => Number(attributes.time) >= 0 && attributes.classname !== ""));
});

test("what cannot be compared at all is fatal, with a reason", () => {
  const repository = makeRepository({ packs: 1 });
  const fails = (status: number, pattern: RegExp, ...args: readonly string[]) => {
    const run = runGitmidx(["compat", ...args], { status });
    assert.match(run.stderr, pattern);
    assert.equal(run.stdout, "");
  };
  const { path } = repository;
  fails(128, /^fatal: cannot run '\/nonexistent\/git': No such file or directory$/m, "--git=/nonexistent/git", path);
  fails(128, /^fatal: cannot run 'no-such-git': No such file or directory$/m, "--git=no-such-git", path);
  fails(128, /^fatal: '.*node version' does not answer like git: status \d+/m, `--git=${process.execPath}`, path);
  fails(128, /^fatal: not a git repository/m, makeTempFolder("plain"));
  fails(128, /No such file or directory/m, join(path, "nothing"));
  fails(128, /No such file or directory/m, "--junit=/nonexistent/report.xml", path);
  fails(129, /^error: no check 'nothing': there are repository, packs, /m, "--only=nothing", path);
  fails(129, /^usage: gitmidx compat/m, path, path);
  const scratchless = runGitmidx(["compat", "--only=write", "--scratch=/nonexistent", path], { status: 128 });
  assert.match(scratchless.stderr, /^fatal: unable to create a folder in '\/nonexistent': No such file or directory$/m);
});

test("Ctrl-C ends git and removes the scratch copy", async () => {
  const repository = makeRepository({ packs: 2 });
  const git = gitAtLeast(2, 30)!;
  const marks = makeTempFolder("marks");
  const slow = scriptedGit(
    git,
    `case " $* " in *" multi-pack-index write"*) echo $$ > '${marks}/pid'; exec sleep 60;; esac`,
  );
  const scratch = makeTempFolder("scratch");
  const words = [gitmidxProgram, "compat", `--git=${slow}`, `--scratch=${scratch}`, "--only=write", repository.path];
  const child = spawn(process.execPath, [...process.execArgv, ...words], { env: gitEnvironment(), stdio: "ignore" });
  while (!existsSync(join(marks, "pid"))) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(readdirSync(scratch).length, 1);
  child.kill("SIGINT");
  const status = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(status, 130);
  assert.deepEqual(readdirSync(scratch), []);
  const pid = Number(readFileSync(join(marks, "pid"), "utf8"));
  assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

test("the page's workflow file names options that there are", () => {
  const page = readFileSync(new URL("../../../../Documentation/gitmidx-compat.md", import.meta.url), "utf8");
  const line = /run: npx gitmidx (compat .*)$/m.exec(page)?.[1];
  assert.ok(line !== undefined);
  const repository = makeRepository({ packs: 2 });
  const folder = makeTempFolder("workflow");
  runGitmidx(line.replace("compat.xml", join(folder, "compat.xml")).split(" "), { cwd: repository.path });
  assert.equal(parseXml(readFileSync(join(folder, "compat.xml"), "utf8")).attributes.failures, "0");
});
