import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { ConfigParameter } from "../../../src/store/config/parameters.js";
import { newestGit, runGit } from "../../support/gits.js";
import { scale } from "../../support/scale.js";
import { makeTempFolder } from "../../support/temp.js";
import { discover, messageLines } from "../discovered.js";
import { type ListedEntry, listAll } from "./git-list.js";

type Files = Readonly<Record<string, string>>;

/** A folder with a home, a repository with two worktrees, and files in it; names in `files` are relative to the folder. */
function makePlace(files: Files = {}): string {
  const place = makeTempFolder("config");
  mkdirSync(join(place, "home"));
  runGit(newestGit(), ["init", "-q", "--initial-branch=topic/one", "repository"], { cwd: place });
  const repository = join(place, "repository");
  mkdirSync(join(repository, "sub"));
  writeFiles(place, files);
  return place;
}

function writeFiles(place: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), text);
  }
}

interface From {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Given as `-c` to git, and as parameters to us. */
  readonly parameters?: readonly ConfigParameter[];
  /** Whether it does not matter which of several circles of includes is reported: git reads some files before it knows the repository. */
  readonly anyCircle?: boolean;
}

/** Git names files in the repository as it finds them; older ones call a faulty variable of the environment a config value. */
function asWeSay(text: string, place: string): string {
  return text
    .replaceAll(/(?<=\s|')\.git\//g, join(place, "repository/.git/"))
    .replaceAll(/config (?=value '[^']*' for 'GIT_)/g, "environment ");
}

async function assertSameAsGit(place: string, from: From = {}): Promise<void> {
  const cwd = join(place, from.cwd ?? "repository");
  const env = { HOME: join(place, "home"), ...from.env };
  const parameters = from.parameters ?? [];
  const before = parameters.flatMap(({ key, value }) => ["-c", value === undefined ? key : `${key}=${value}`]);
  const theirs = listAll(newestGit(), { cwd, env }, before);
  const ours = await discover(cwd, env, { configParameters: parameters });
  if (typeof ours === "string" || typeof theirs === "string") {
    assert.ok(typeof ours === "string" && typeof theirs === "string", JSON.stringify([ours, theirs]));
    const circle = /^(fatal: )?exceeded maximum include depth/;
    if (from.anyCircle === true && circle.test(ours) && circle.test(theirs)) return;
    assert.deepEqual(messageLines(ours), messageLines(asWeSay(theirs, place)));
    return;
  }
  const mine: ListedEntry[] = ours.config.entries.map(({ key, value, origin }) => ({
    scope: origin.scope,
    file: origin.file,
    key,
    value,
  }));
  assert.deepEqual(mine, theirs);
}

test("system, global, local, worktree and command line come in git's order", async () => {
  const place = makePlace({
    "system.conf": "[a]\nb = system\n",
    "home/.gitconfig": "[a]\nb = home\n",
    "home/.config/git/config": "[a]\nb = xdg at home\n",
    "xdg/git/config": "[a]\nb = xdg\n",
    "elsewhere.conf": "[a]\nb = elsewhere\n",
  });
  runGit(newestGit(), ["config", "extensions.worktreeConfig", "true"], { cwd: join(place, "repository") });
  writeFiles(place, { "repository/.git/config.worktree": "[a]\nb = worktree\n" });
  const system = { GIT_CONFIG_NOSYSTEM: "no", GIT_CONFIG_SYSTEM: join(place, "system.conf") };
  const parameters = [{ key: "a.b", value: "command" }];
  for (const cwd of ["repository", "repository/sub"]) {
    await assertSameAsGit(place, { cwd, env: system, parameters });
    await assertSameAsGit(place, { cwd, env: { ...system, XDG_CONFIG_HOME: join(place, "xdg") } });
    await assertSameAsGit(place, { cwd, env: { XDG_CONFIG_HOME: "" } });
    await assertSameAsGit(place, { cwd, env: { GIT_CONFIG_GLOBAL: join(place, "elsewhere.conf") } });
    await assertSameAsGit(place, { cwd, env: { GIT_CONFIG_GLOBAL: "../elsewhere.conf" } });
    await assertSameAsGit(place, { cwd, env: { GIT_CONFIG_GLOBAL: "" } });
    await assertSameAsGit(place, { cwd, env: { GIT_CONFIG_GLOBAL: join(place, "missing") } });
    await assertSameAsGit(place, { cwd, env: { GIT_CONFIG_NOSYSTEM: "perhaps" } });
  }
});

test("a linked worktree has the common config and its own", async () => {
  const place = makePlace();
  const repository = join(place, "repository");
  runGit(newestGit(), ["commit", "-q", "--allow-empty", "-m", "x"], { cwd: repository });
  runGit(newestGit(), ["worktree", "add", "-q", "../linked"], { cwd: repository });
  runGit(newestGit(), ["config", "a.b", "common"], { cwd: repository });
  await assertSameAsGit(place, { cwd: "linked" });
  runGit(newestGit(), ["config", "extensions.worktreeConfig", "true"], { cwd: repository });
  runGit(newestGit(), ["config", "--worktree", "a.b", "linked"], { cwd: join(place, "linked") });
  writeFiles(place, { "home/.gitconfig": '[includeIf "onbranch:linked"]\npath = more\n', "home/more": "[c]\nd\n" });
  await assertSameAsGit(place, { cwd: "linked" });
  await assertSameAsGit(place);
});

test("the environment's parameters are read in both quotings, before those of the command line", async () => {
  const place = makePlace();
  const parameters = [
    { key: "A.Sub.B", value: "it's !" },
    { key: "a.b", value: undefined },
    { key: "a.c", value: "" },
  ];
  const counted = { GIT_CONFIG_COUNT: "2", GIT_CONFIG_KEY_0: "a.B", GIT_CONFIG_VALUE_0: "1", GIT_CONFIG_KEY_1: "c.d" };
  await assertSameAsGit(place, { parameters, env: { ...counted, GIT_CONFIG_VALUE_1: "" } });
  for (const text of [
    "'a.b=c'",
    "'a.b'='c d'  'e.f=g'",
    "'a.b'=",
    "'a.b'= 'c.d'",
    "'a.b'='it'\\''s'\\!''",
    "'a.b'\t'c.d'\n'e.f'",
    "",
    "'a.b=c'x",
    "'a.b'=x",
    "'a.b'='c'd",
    "'a.b",
    "a.b=c",
    " 'a.b'",
    "'a.b'  ",
    "'=x'",
    "''='x'",
    "''",
    "'ab'='x'",
    "'a.'='x'",
    "'a.1b'='x'",
    "'a_.b'='x'",
    "'a.s\nt.b'='x'",
    "'a.b'\\'",
    "'a.b'='c'\\''",
  ]) {
    await assertSameAsGit(place, { env: { GIT_CONFIG_PARAMETERS: text }, parameters });
  }
  for (const count of ["", "0", "1", "2", " 1", "+1", "-1", "1x", "x", "2147483648", "99999999999999999999"]) {
    await assertSameAsGit(place, { env: { ...counted, GIT_CONFIG_COUNT: count } });
  }
});

test("faulty keys on the command line get git's words", async () => {
  const place = makePlace();
  for (const key of ["", "a", ".a", "a.", "a.1", "a_b.c", "a.b_c", "a.s\n.b", "a..b", "..b"]) {
    await assertSameAsGit(place, { parameters: [{ key, value: "x" }] });
  }
});

const includeSamples: readonly (readonly [claim: string, files: Files, from?: From])[] = [
  [
    "relative to the file, to the home and absolute",
    {
      "home/.gitconfig": "[include]\npath = one\npath = dir/two\npath = ~/three\npath = missing\n[a]\nb = behind\n",
      "home/one": "[a]\nb = one\n",
      "home/dir/two": "[include]\npath = ../one\n[a]\nb = two\n",
      "home/three": "[a]\nb = three\n",
    },
  ],
  ["without a value", { "home/.gitconfig": "[include]\npath\n" }],
  ["of nothing", { "home/.gitconfig": "[include]\npath =\n" }],
  ["of a directory", { "home/.gitconfig": "[include]\npath = dir\n", "home/dir/x": "" }],
  ["of an unknown user's file", { "home/.gitconfig": "[include]\npath = ~nosuchuser/x\n" }],
  ["of root's file", { "home/.gitconfig": "[include]\npath = ~root/no-such-file\n" }],
  ["of a file with a fault", { "home/.gitconfig": "[include]\npath = bad\n", "home/bad": "[a]\n\nb = \\x\n" }],
  ["in a circle", { "home/.gitconfig": "[include]\npath = one\n", "home/one": "[include]\npath = one\n" }],
  [
    "ten deep",
    Object.fromEntries(
      Array.from({ length: 11 }, (_, i) => [
        i === 0 ? "home/.gitconfig" : `home/f${i}`,
        i === 10 ? "[a]\nb = deep\n" : `[include]\npath = f${i + 1}\n`,
      ]),
    ),
  ],
  ["on the command line, relative", {}, { parameters: [{ key: "include.path", value: "x" }] }],
  ["on the command line, without a value", {}, { parameters: [{ key: "include.path", value: undefined }] }],
  ["on the command line, of a missing file", {}, { parameters: [{ key: "include.path", value: "/nonexistent/x" }] }],
  [
    "on the command line, of the home",
    { "home/x": "[a]\nb\n" },
    { parameters: [{ key: "include.path", value: "~/x" }] },
  ],
];

for (const [claim, files, from] of includeSamples) {
  test(`an include ${claim} comes to what it comes to in git`, async () => assertSameAsGit(makePlace(files), from));
}

test("an include without a home directory is refused in git's words", async () => {
  const place = makePlace({ "elsewhere.conf": "[include]\npath = ~/x\n" });
  // git too takes an empty HOME as a directory, so that only a missing one would do; ~user is the other way to have none
  await assertSameAsGit(place, { env: { HOME: "", GIT_CONFIG_GLOBAL: join(place, "elsewhere.conf") } });
});

/** On the command line git complains of it, and newer gits then take it for true: a defect that we do not follow. */
const relative = "gitdir:./";

const conditions = (place: string): readonly string[] => [
  `gitdir:${place}/repository/`,
  `gitdir:${place}/repository/.git`,
  `gitdir:${place}/REPOSITORY/`,
  `gitdir/i:${place}/REPOSITORY/`,
  "gitdir:repository/",
  "gitdir:~/../repository/",
  `gitdir:${place}/*/.git`,
  `gitdir:${place}/**`,
  "gitdir:**/.git",
  relative,
  "gitdir:../repository/**",
  "gitdir:.git",
  "gitdir:link/",
  `gitdir:${place}/link/`,
  `gitdir:${place}/link/.git`,
  "gitdir:%(prefix)/",
  "gitdir:",
  "gitdir/i:~root/",
  "onbranch:topic/one",
  "onbranch:topic/",
  "onbranch:topic",
  "onbranch:*",
  "onbranch:**",
  "onbranch:t[!a]pic/o?e",
  "onbranch:TOPIC/one",
  "hasconfig:remote.*.url:https://example.com/**",
  "hasconfig:remote.*.url:https://*/x",
  "hasconfig:remote.*.url:*",
  "hasconfig:remote.*.url:",
  "hasconfig:remote.origin.url:*",
  "nonsense:x",
  "nonsense",
  "",
];

test("every kind of condition holds where it holds in git", async () => {
  const place = makePlace();
  symlinkSync("repository", join(place, "link"));
  symlinkSync(".", join(place, "home/self"));
  const all = conditions(place);
  const section = (condition: string, i: number) => `[includeIf "${condition}"]\npath = ${place}/inc/${i}\n`;
  writeFiles(place, Object.fromEntries(all.map((_, i) => [`inc/${i}`, `[inc]\nn = ${i}\n`])));
  writeFiles(place, { "home/.gitconfig": all.map(section).join("") });
  runGit(newestGit(), ["config", "remote.x.url", "https://example.com/a/b"], { cwd: join(place, "repository") });
  await assertSameAsGit(place);
  await assertSameAsGit(place, { cwd: "repository/sub" });
  await assertSameAsGit(place, { cwd: "link" });
  await assertSameAsGit(place, { cwd: "link", env: { PWD: join(place, "link") } });
  await assertSameAsGit(place, { cwd: "link/sub", env: { PWD: join(place, "link/sub") } });
  await assertSameAsGit(place, { cwd: "repository/.git" });
  await assertSameAsGit(place, { cwd: "home", env: { GIT_DIR: "../repository/.git" } });
  await assertSameAsGit(place, { cwd: "home", env: { GIT_DIR: "../link/.git" } });
  await assertSameAsGit(place, { env: { HOME: join(place, "home/self") } });
  const fromAnywhere = all.filter((condition) => condition !== relative);
  const parameter = (condition: string, i: number) => ({
    key: `includeIf.${condition}.path`,
    value: `${place}/inc/${i}`,
  });
  await assertSameAsGit(place, { parameters: fromAnywhere.map(parameter) });
});

test("a condition relative to its file does not hold on the command line, and is complained of in git's words", async () => {
  const place = makePlace({ x: "[a]\nb\n" });
  const cwd = join(place, "repository");
  const parameter = { key: `includeIf.${relative}.path`, value: join(place, "x") };
  const ours = await discover(cwd, {}, { configParameters: [parameter] });
  assert.ok(typeof ours !== "string" && !ours.config.has("a.b"));
  const theirs = runGit(newestGit(), ["-c", `${parameter.key}=${parameter.value}`, "config", "--list"], { cwd });
  assert.equal(theirs.stderr.split("\n")[0], `error: ${ours.warnings[0]}`);
});

test("a condition asks for the branch that HEAD comes to through other refs, and for none where HEAD is detached", async () => {
  const place = makePlace({ "home/.gitconfig": '[includeIf "onbranch:m*"]\npath = more\n', "home/more": "[a]\nb\n" });
  const heads = ["ref: refs/heads/main", "ref:  refs/heads/other\n", "ref: refs/heads/a..b", "ref: refs/tags/main\n"];
  for (const head of [...heads, `${"1".repeat(40)}\n`, "ref: refs/heads/s1\n", "ref: refs/heads/loop\n"]) {
    writeFiles(place, {
      "repository/.git/HEAD": head,
      "repository/.git/refs/heads/s1": "ref: refs/heads/s2\n",
      "repository/.git/refs/heads/s2": "ref: refs/heads/main",
      "repository/.git/refs/heads/loop": "ref: refs/heads/loop",
      "repository/.git/refs/heads/other": "nonsense\n",
    });
    await assertSameAsGit(place);
  }
});

test("a remote's URL is refused below an include that depends on remotes' URLs", async () => {
  const url = '[remote "x"]\nurl = https://example.com/x\n';
  const files = {
    "home/.gitconfig": '[includeIf "hasconfig:remote.*.url:nothing"]\npath = one\n',
    "home/one": "[include]\npath = two\n",
  };
  await assertSameAsGit(makePlace({ ...files, "home/two": url }));
  await assertSameAsGit(makePlace({ ...files, "home/two": "[a]\nb = c\n" }));
  const place = makePlace({ ...files, "home/two": "", "home/three": url });
  await assertSameAsGit(place);
  writeFiles(place, { "repository/.git/config": '[includeIf "gitdir:**/.git"]\npath = ../../home/three\n' });
  await assertSameAsGit(place);
});

test("a config that is a directory is an error that names it", async () => {
  const place = makePlace({ "home/.gitconfig/x": "" });
  const ours = await discover(join(place, "repository"), { HOME: join(place, "home") });
  assert.equal(
    ours,
    `unknown error occurred while reading the configuration files\nunable to access '${join(place, "home/.gitconfig")}': Is a directory`,
  );
});

const names = ["home/.gitconfig", "home/a", "home/b", "home/d/c", "repository/.git/config"];
const line = fc.oneof(
  fc.constantFrom("[core]", '[remote "x"]', "[include]", "[x.Y]", "name = value", "flag", "url = https://h/p"),
  fc.constantFrom("a", "b", "d/c", "../a", "~/b", "~/d/c", "nowhere", "../home/a").map((path) => `path = ${path}`),
  fc
    .constantFrom("gitdir:**", "gitdir:./", "gitdir/i:**/REPOSITORY/**", "onbranch:topic/**", "onbranch:x", "other:y")
    .map((condition) => `[includeIf "${condition}"]`),
  fc.constantFrom("https://*/p", "http://**", "**").map((glob) => `[includeIf "hasconfig:remote.*.url:${glob}"]`),
);
const text = fc.array(line, { maxLength: 12 }).map((lines) => `[i]\n${lines.join("\n")}\n`);

test("random files that include each other are read as git reads them", async () => {
  const place = makePlace();
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: names.length, maxLength: names.length }), async (texts) => {
      writeFiles(place, Object.fromEntries(names.map((name, i) => [name, texts[i]!])));
      await assertSameAsGit(place, { anyCircle: true });
    }),
    { numRuns: scale(60, 5_000) },
  );
});
