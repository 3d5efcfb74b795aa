import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gitEnvironment, newestGit, runGit, runProgram, systemGit } from "../support/gits.js";
import { gitmidxProgram, probeProgram, runGitmidx, runProbe } from "../support/program.js";
import { makeTempFolder } from "../support/temp.js";
import { couldNotTest } from "../support/untested.js";

test("--version, -v and version say the version of the package", () => {
  const file = new URL("../../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  for (const word of ["--version", "-v", "version"]) {
    assert.equal(runGitmidx([word]).stdout, `gitmidx version ${version}\n`);
  }
});

test("version --build-options adds what it runs on", () => {
  const { stdout } = runGitmidx(["--version", "--build-options"]);
  assert.match(stdout, new RegExp(`^gitmidx version .*\nnode: ${process.version}\n`));
  assert.match(stdout, /\nenvironment: (node|portable)\n$/);
});

test("--version loads nothing but the entry and the version", () => {
  const seen: string[] = [];
  const visit = (file: URL): void => {
    seen.push(fileURLToPath(file).replace(/^.*\/dist\/src\//, ""));
    for (const [, name] of readFileSync(file, "utf8").matchAll(/^import .*"(\..*)";$/gm)) visit(new URL(name!, file));
  };
  visit(new URL("../../src/cli/main.js", import.meta.url));
  assert.deepEqual(seen, ["cli/main.js", "cli/package-version.js"]);
});

test("git runs it as git midx", () => {
  const bin = makeTempFolder("bin");
  symlinkSync(gitmidxProgram, join(bin, "git-midx"));
  const env = { PATH: `${bin}:${process.env.PATH}` };
  assert.equal(runGit(systemGit(), ["midx", "--version"], { env }).stdout, runGitmidx(["version"]).stdout);
  assert.equal(runGit(systemGit(), ["-C", bin, "midx", "help"], { env }).stdout, runGitmidx(["help"]).stdout);
});

test("no command gives the usage and the commands on standard output and status 1, as git does", () => {
  const git = runGit(newestGit(), [], { status: 1 });
  assert.match(git.stdout, /^usage: git /);
  const { stdout, stderr } = runGitmidx([], { status: 1 });
  assert.match(stdout, /^usage: gitmidx /);
  assert.equal(stderr, "");
  assert.equal(runGitmidx(["--help"]).stdout, stdout);
});

for (const typed of ["hlep", "versoin", "xyzzyplugh", "versio", "help-me-please"]) {
  test(`'${typed}' is no command, in git's words`, () => {
    // git has more commands to be similar to, so only the ones that both have are compared
    const git = runGit(newestGit(), [typed], { status: 1 });
    const ours = runGitmidx([typed], { status: 1 });
    assert.equal(
      ours.stderr.split("\n")[0],
      git.stderr.split("\n")[0]!.replaceAll("git", "gitmidx").replace("agitmidx", "a gitmidx"),
    );
    const suggests = (text: string): boolean => /\n\t(help|version)\n/.test(text);
    assert.equal(suggests(ours.stderr), suggests(git.stderr));
  });
}

test("a command without an option has it undefined, and lists empty", () => {
  const { options } = JSON.parse(runProbe(["probe"]).stdout) as { options: unknown };
  assert.deepEqual(options, { git: [] });
});

test("options reach the command by the names of its table", () => {
  const words = ["tell", "--split", "--no-json", "-b", "x", "--git=1", "--git", "2", "--junit", "--batch-size=1k", "y"];
  const { options, args } = JSON.parse(runProbe(["probe", ...words]).stdout) as { options: unknown; args: unknown };
  assert.deepEqual(options, {
    json: false,
    incremental: true,
    base: "x",
    git: ["1", "2"],
    junit: true,
    "batch-size": 1024,
  });
  assert.deepEqual(args, ["tell", "y"]);
});

test("too many arguments give the usage alone, as git multi-pack-index does", () => {
  const { stderr, stdout } = runProbe(["probe", "a", "b", "c", "d"], { status: 129 });
  assert.match(stderr, /^usage: gitmidx probe /);
  assert.equal(stdout, "");
});

test("-h goes to standard output with status 129, --help-all shows hidden options too", () => {
  const short = runProbe(["probe", "-h"], { status: 129 });
  assert.match(short.stdout, /^usage: gitmidx probe \[<mode>\] \[<argument>...\]\n\n {4}--\[no-\]progress {7}force/);
  assert.match(short.stdout, /--\[no-\]split {10}alias of --incremental/);
  assert.doesNotMatch(short.stdout, /secret/);
  assert.match(runProbe(["probe", "--help-all"], { status: 129 }).stdout, /--\[no-\]secret/);
});

interface FailureCase {
  readonly words: readonly string[];
  readonly status: number;
  readonly stderr: string | RegExp;
}

const failures: readonly FailureCase[] = [
  { words: ["bad-fanout", "it is bad"], status: 128, stderr: "fatal: it is bad\n" },
  { words: ["locked", "held\n\nby another"], status: 128, stderr: "fatal: held\n\nby another\n" },
  { words: ["fatal", "no"], status: 128, stderr: "fatal: no\n" },
  { words: ["no-packs", "no pack files to index."], status: 255, stderr: "error: no pack files to index.\n" },
  { words: ["unknown-base", "x"], status: 255, stderr: "error: x\n" },
  { words: ["empty-preferred-pack", "x"], status: 255, stderr: "error: x\n" },
  { words: ["missing-pack", "could not load pack"], status: 255, stderr: "error: could not load pack\n" },
  { words: ["usage", "cannot use --base"], status: 129, stderr: /^error: cannot use --base\nusage: gitmidx probe / },
  { words: ["bug", "two is three"], status: 128, stderr: "BUG: two is three; please report this\n" },
  { words: ["type-error", "x"], status: 128, stderr: "BUG: TypeError: x; please report this\n" },
  { words: ["string", "x"], status: 128, stderr: "BUG: x was thrown; please report this\n" },
  { words: ["bad-pack-name", "a\u001b[31m\u0007b\tc"], status: 128, stderr: "fatal: a?[31m?b\tc\n" },
];

for (const { words, status, stderr } of failures) {
  test(`an error '${words[0]}' ends with status ${status} after what was printed before it`, () => {
    const run = runProbe(["probe", ...words], { status });
    if (typeof stderr === "string") assert.equal(run.stderr, stderr);
    else assert.match(run.stderr, stderr);
    assert.equal(run.stdout, "before\n");
  });
}

test("control characters in a message become '?' as in git's own messages", () => {
  const name = "a\u001b\u0001b";
  const git = runGit(systemGit(), ["-C", name, "version"], { status: 128 });
  assert.equal(runProbe(["-C", name, "probe"], { status: 128 }).stderr, git.stderr);
});

test("a stack trace is shown only if GITMIDX_TRACE asks for it", () => {
  const run = runProbe(["probe", "type-error", "x"], { status: 128, env: { GITMIDX_TRACE: "1" } });
  assert.match(run.stderr, /^BUG: TypeError: x; please report this\nTypeError: x\n {4}at /);
});

test("a check that found something ends with status 1", () => {
  assert.equal(runProbe(["probe", "found"], { status: 1 }).stderr, "");
});

test("lines of standard input come without their ends, cut nowhere else", () => {
  const input = "a\nb\r\n\n  c é\u2028d\n\ufeffe\rf\nlast";
  const lines = runProbe(["probe", "lines"], { input })
    .stdout.trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as string);
  assert.deepEqual(lines, ["a", "b", "", "  c é\u2028d", "\ufeffe\rf", "last"]);
  assert.equal(runProbe(["probe", "lines"], { input: "" }).stdout, "");
});

/** A probe to be watched while it runs, and what it has said when it ended. */
function startProbe(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, probeProgram, "probe", ...words], {
    env: gitEnvironment(env),
  });
  const said = { stdout: "", stderr: "" };
  child.stdout!.on("data", (bytes) => {
    said.stdout += bytes;
  });
  child.stderr!.on("data", (bytes) => {
    said.stderr += bytes;
  });
  const ended = new Promise<{ status: number | null; signal: string | null }>((resolve) => {
    child.on("close", (status, signal) => resolve({ status, signal }));
  });
  const begun = (async () => {
    while (!said.stdout.includes("working\n")) await delay(5);
  })();
  return { child, said, begun, ended };
}

for (const [signal, status] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} aborts the command, which cleans up, and the status is ${status}`, async () => {
    const probe = startProbe(["work"]);
    await probe.begun;
    probe.child.kill(signal);
    assert.deepEqual(await probe.ended, { status, signal: null });
    assert.deepEqual(probe.said, { stdout: "working\ncleaned up\n", stderr: "" });
  });
}

test("a second Ctrl-C ends the process at once", async () => {
  const probe = startProbe(["work"], { PROBE_STUCK: "1" });
  await probe.begun;
  probe.child.kill("SIGINT");
  // the first one must have been received before the second comes
  await delay(300);
  probe.child.kill("SIGINT");
  assert.deepEqual(await probe.ended, { status: null, signal: "SIGINT" });
});

test("progress is shown where standard error is no terminal only if --progress asks for it", async () => {
  for (const [words, pattern] of [
    [[], /^$/],
    [["--no-progress"], /^$/],
    [["--progress"], /^Working: \d+\r/],
  ] as const) {
    const probe = startProbe(["work", ...words], { GIT_PROGRESS_DELAY: "0" });
    await probe.begun;
    await delay(1200);
    probe.child.kill("SIGINT");
    await probe.ended;
    assert.match(probe.said.stderr, pattern);
  }
});

test("a reader that goes away ends the command with status 141 and without a word", () => {
  const program = `"$0" "$1" probe flood 100000 | head -c 10 >/dev/null; echo "\${PIPESTATUS[0]}"`;
  const run = runProgram("bash", ["-c", program, process.execPath, probeProgram]);
  assert.equal(run.stdout, "141\n");
  assert.equal(run.stderr, "");
});

test("a slow reader slows the command down instead of filling its memory", async () => {
  const probe = spawn(process.execPath, [probeProgram, "probe", "flood", "300000"], { env: gitEnvironment() });
  let stderr = "";
  probe.stderr.on("data", (bytes) => {
    stderr += bytes;
  });
  await delay(700);
  let byteLength = 0;
  for await (const bytes of probe.stdout) byteLength += (bytes as Uint8Array).length;
  assert.equal(byteLength, 300_000 * 1024);
  // it wrote 300 MB and had at no time even half of them
  const peak = Number(stderr);
  assert.ok(peak > 0 && peak < 150 * 2 ** 20, `${peak} bytes in memory`);
});

if (existsSync("/dev/full")) {
  for (const words of [["version"], ["version", "--build-options"], ["help"]]) {
    test(`a full disk under '${words.join(" ")}' is told as git tells it`, async () => {
      const run = async (command: string, args: readonly string[]) => {
        const child = spawn(command, args, {
          stdio: ["ignore", openSync("/dev/full", "w"), "pipe"],
          env: gitEnvironment(),
        });
        let stderr = "";
        for await (const bytes of child.stderr!) stderr += bytes;
        return { stderr, status: child.exitCode ?? (await new Promise((resolve) => child.on("exit", resolve))) };
      };
      assert.deepEqual(await run(process.execPath, [gitmidxProgram, ...words]), await run("git", ["version"]));
    });
  }
} else {
  couldNotTest("a full disk under standard output: there is no /dev/full");
}
