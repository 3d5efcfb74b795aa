import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { newestGit, type RunResult, runGit } from "../support/gits.js";
import { makeOddRepository, type OddRepository, oddRevisions } from "../support/odd-repository.js";
import { runGitmidx } from "../support/program.js";
import { seededRandom } from "../support/random.js";
import { makeTempFolder } from "../support/temp.js";

const git = newestGit();

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function shown({ status, bytes, stderr }: RunResult): Ran {
  return { status, stdout: Buffer.from(bytes).toString("latin1"), stderr };
}

/** Asserts that git and we print the same, say the same and end the same. */
function assertSame(
  path: string,
  args: readonly string[],
  input: string | Uint8Array = "",
  env: Record<string, string> = {},
): Ran {
  const options = { cwd: path, input, env, status: "any" } as const;
  const theirs = shown(runGit(git, args, options));
  assert.deepEqual(shown(runGitmidx(args, options)), theirs, `${args.join(" ")} < ${String(input).slice(0, 200)}`);
  return theirs;
}

const odd = makeOddRepository();

/** Revisions that are the end of a batch. */
const fatal = ["main:../file", "@{100}", "main@{9}", "side@{2}", "v1@{1}"];

test("in a batch every revision is what it is to git", () => {
  const input = oddRevisions.filter((revision) => !fatal.includes(revision)).join("\n");
  assert.equal(assertSame(odd.path, ["cat-file", "--batch-check"], input).status, 0);
  for (const revision of fatal) assertSame(odd.path, ["cat-file", "--batch-check"], `HEAD\n${revision}\nHEAD\n`);
  assertSame(odd.path, ["cat-file", "--batch=%(objectname) [%(objectmode)] %(rest)"], input);
});

for (const revision of [
  "nope",
  "HEAD:nope",
  "HEAD:file/x",
  ":nope",
  ":1:file",
  "nope:file",
  "HEAD^{blob}",
  "of-blob~1",
  "v1",
  "nested",
  "zzzz",
  "HEAD:",
  "main@{9}",
  "nope@{0}",
  "v1@{1}",
  ":/first",
  "",
  "of-tree",
  'HEAD:odd "name"\t\\',
]) {
  test(`cat-file says what git says of '${revision}'`, () => {
    assertSame(odd.path, ["cat-file", "-p", revision]);
  });
}

test("types, sizes and contents are git's", () => {
  for (const revision of ["HEAD", "HEAD^{tree}", "HEAD:dir/inner", "HEAD:empty", "nested"]) {
    assertSame(odd.path, ["cat-file", "-p", revision]);
  }
  for (const [mode, revision] of [
    ["-s", "HEAD"],
    ["-s", "HEAD:dir/inner"],
    ["-t", "main@{u}~1"],
    ["-e", "HEAD"],
  ]) {
    assertSame(odd.path, ["cat-file", mode!, revision!]);
  }
  for (const type of ["commit", "tree", "blob", "tag"]) {
    for (const revision of ["nested", "of-blob"]) assertSame(odd.path, ["cat-file", type, revision]);
  }
  assertSame(odd.path, ["cat-file", "nonsense", "HEAD"]);
  const absent = "1".repeat(40);
  for (const mode of ["-p", "-t", "-s", "-e", "blob", "tree"]) assertSame(odd.path, ["cat-file", mode, absent]);
  assertSame(odd.path, ["-c", "core.quotePath=false", "cat-file", "-p", "HEAD^{tree}"]);
});

test("an upstream that there is none of ends cat-file as it ends git's", () => {
  for (const revision of ["side@{u}", "nope@{u}", "v1@{upstream}"]) assertSame(odd.path, ["cat-file", "-t", revision]);
});

const atoms = ["objectname", "objecttype", "objectsize", "objectsize:disk", "deltabase", "objectmode", "rest"];

for (const mode of ["batch", "batch-check"]) {
  test(`--${mode} prints every atom, by name and for all objects`, () => {
    const names =
      "HEAD\nHEAD:file  and the rest\nHEAD:dir\ttab \nnope x\nnested\nof-blob\n\nHEAD:dir/inner\r\nHEAD:module";
    const formats = mode === "batch" ? ["rest", "deltabase"] : [...atoms, atoms.join(") %("), "nonsense"];
    for (const atom of formats) {
      const format = `--${mode}=<%(${atom})> %% %x %`;
      assertSame(odd.path, ["cat-file", format], names);
      assertSame(odd.path, ["cat-file", format, "--batch-all-objects"]);
    }
    assertSame(odd.path, ["cat-file", `--${mode}=%(objectname`], "HEAD\n");
    assertSame(odd.path, ["cat-file", `--${mode}=`], "HEAD\n");
    assertSame(odd.path, ["cat-file", `--${mode}`, "--batch-all-objects"]);
  });

  test(`--${mode} takes names and prints lines that end in NUL`, () => {
    const names = "HEAD\nx\0HEAD:file\0nope\0\0HEAD\r\0HEAD:link-out";
    for (const flags of [["-z"], ["-Z", "--follow-symlinks"], []])
      assertSame(odd.path, ["cat-file", `--${mode}`, ...flags], names);
  });

  test(`--${mode} leaves out what a filter names`, () => {
    const ids = "HEAD\nHEAD:file\nHEAD:dir/inner\nHEAD^{tree}\nnested\nnope\n";
    for (const filter of ["blob:none", "blob:limit=1k", "object:type=tag"]) {
      assertSame(odd.path, ["cat-file", `--${mode}`, `--filter=${filter}`], ids);
      assertSame(odd.path, ["cat-file", `--${mode}=%(objectname)`, `--filter=${filter}`, "--batch-all-objects"]);
    }
  });
}

test("symbolic links are followed as git follows them", () => {
  const paths = [
    "link",
    "link-in",
    "link-dir",
    "link-dir/inner",
    "link-dir/sub/deep",
    "link-up",
    "link-out",
    "link-far",
    "link-absolute",
    "link-gone",
    "link-loop",
    "link-dots",
    "link-dots/file",
    "dir/back",
    "link-dir/back",
    "file/x",
    "link/x",
    "dir/../file",
    "../x",
    "dir/../../x",
    "",
    "/",
    "dir/",
    "link-dir/",
    "module",
    "module/x",
    "nope",
    "file",
    "link-absolute/x",
  ];
  const input = paths.map((path) => `HEAD:${path}\n`).join("");
  assertSame(odd.path, ["cat-file", "--batch-check", "--follow-symlinks"], input);
  assertSame(odd.path, ["cat-file", "--batch", "--follow-symlinks"], input);
  assertSame(odd.path, ["cat-file", "--batch-check=%(objectmode) %(objecttype)", "--follow-symlinks"], input);
});

test("--batch-command carries out commands and refuses what git refuses", () => {
  const lines = "contents HEAD:file\ninfo HEAD\ninfo nope\ncontents HEAD~1 \ninfo HEAD:file  x\n";
  assertSame(odd.path, ["cat-file", "--batch-command"], lines);
  // git's assertion fails for contents in a format without a type
  assertSame(odd.path, ["cat-file", "--batch-command=%(objecttype) %(objectname) %(rest)"], lines);
  assertSame(odd.path, ["cat-file", "--batch-command", "--buffer"], `${lines}flush\n${lines}`);
  assertSame(odd.path, ["cat-file", "--batch-command", "-Z"], lines.replaceAll("\n", "\0"));
  for (const bad of ["", " info HEAD", "infos HEAD", "info", "flush x", "flush", "nonsense"]) {
    assertSame(odd.path, ["cat-file", "--batch-command"], `info HEAD\n${bad}\ninfo HEAD\n`);
  }
  assertSame(odd.path, ["cat-file", "--batch-command", "--buffer"], "info HEAD\nnonsense\n");
  for (const word of ["true", "no", "0", "maybe"])
    assertSame(odd.path, ["cat-file", "--batch-command"], `info HEAD\nmailmap ${word}\ninfo HEAD\n`);
});

test("large blobs, loose and packed, come in pieces and whole", () => {
  const repository = makeOddRepository();
  const random = seededRandom(5);
  const large = new Uint8Array(9 << 20).map(() => random() & 255);
  const hash = (input: Uint8Array) =>
    runGit(git, ["hash-object", "-w", "--stdin"], { cwd: repository.path, input }).stdout.trim();
  const ids = [hash(large), hash(large.subarray(0, 300_000)), hash(new Uint8Array(20 << 20))];
  const input = `${ids.join("\nHEAD\n")}\n`;
  for (const state of ["loose", "packed"]) {
    if (state === "packed") repository.run("repack", "-a", "-d", "-q", "-k");
    const options = { cwd: repository.path, input };
    const args = ["cat-file", "--batch"];
    assert.ok(
      Buffer.from(runGitmidx(args, options).bytes).equals(Buffer.from(runGit(git, args, options).bytes)),
      state,
    );
    const printed = runGitmidx(["cat-file", "-p", ids[0]!], { cwd: repository.path }).bytes;
    assert.ok(Buffer.from(printed).equals(Buffer.from(large)), state);
  }
});

test("all objects come once each whatever the order", () => {
  const ordered = assertSame(odd.path, ["cat-file", "--batch-check", "--batch-all-objects"]).stdout;
  const unordered = runGitmidx(["cat-file", "--batch-check", "--batch-all-objects", "--unordered"], {
    cwd: odd.path,
  }).stdout;
  assert.equal(`${unordered.trimEnd().split("\n").toSorted().join("\n")}\n`, ordered);
});

test("in a SHA-256 repository with reftables everything is the same", () => {
  const other = makeOddRepository({ format: "sha256", storage: "reftable" });
  const input = oddRevisions.filter((revision) => !/\.\.\/file/.test(revision)).join("\n");
  assertSame(other.path, ["cat-file", "--batch-check"], input);
  assertSame(other.path, ["cat-file", "--batch", "--batch-all-objects"]);
  for (const revision of ["nested", "HEAD^{tree}"]) assertSame(other.path, ["cat-file", "-p", revision]);
});

/** Blobs of which some begin alike: with 4 digits of an id there are 65,536 beginnings. */
function addAlikes(repository: OddRepository): void {
  const input = Array.from({ length: 1500 }, (_, i) => `blob\ndata ${`${i}`.length}\n${i}\n`).join("");
  const commits = Array.from(
    { length: 300 },
    (_, i) =>
      `commit refs/heads/alike\ncommitter A U Thor <a@example.com> ${1700000000 + i * 86400} +0900\ndata 10\nsubject ${`${i % 10}`}\n`,
  );
  const tags = Array.from(
    { length: 200 },
    (_, i) =>
      `tag t${i}\nfrom refs/heads/alike\ntagger A U Thor <a@example.com> ${1600000000 + i * 86400} -0300\ndata 4\ntext\n`,
  );
  runGit(git, ["-c", "fastimport.unpackLimit=0", "fast-import", "--quiet"], {
    cwd: repository.path,
    input: input + commits.join("") + tags.join(""),
  });
}

test("beginnings of several ids are ambiguous as they are to git, with the same list of candidates", () => {
  const repository = makeOddRepository();
  addAlikes(repository);
  const { stdout } = runGit(git, ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"], {
    cwd: repository.path,
  });
  const beginnings = stdout.split("\n").map((id) => id.slice(0, 4));
  const alike = [...new Set(beginnings.filter((start, i) => i > 0 && start === beginnings[i - 1]))];
  assert.ok(alike.length > 10, `${alike.length}`);
  const suffixes = ["", "^{commit}", "^{tree}", "^{blob}", "^{}", "~1", "^0", ":", ":file", "^{object}"];
  const input = alike.flatMap((start) => suffixes.map((suffix) => `${start}${suffix}\n`)).join("");
  assertSame(repository.path, ["cat-file", "--batch-check"], input);
  for (const hint of ["none", "commit", "committish", "tree", "treeish", "blob", "Commit"]) {
    assertSame(repository.path, ["-c", `core.disambiguate=${hint}`, "cat-file", "--batch-check"], alike.join("\n"));
  }
  assertSame(repository.path, ["cat-file", "-p", alike[0]!]);
  assertSame(repository.path, ["-c", "core.abbrev=12", "cat-file", "-p", alike[1]!.toUpperCase()]);
  const described = alike.map((start) => `v1-3-g${start}\n`).join("");
  assertSame(repository.path, ["cat-file", "--batch-check"], described);
});

test("replaced objects are read as git reads them", () => {
  const repository = makeOddRepository();
  const { run, path } = repository;
  run("replace", run("rev-parse", "HEAD:file"), run("rev-parse", "HEAD:dir/inner"));
  run("replace", "HEAD~1", "HEAD~2");
  const input = `HEAD\nHEAD~1\nHEAD~2\nHEAD:file\n${run("rev-parse", "HEAD:file")}\n`;
  for (const format of ["", "=%(objectname) %(objectsize:disk) %(deltabase)"]) {
    assertSame(path, ["cat-file", `--batch-check${format}`], input);
    assertSame(path, ["--no-replace-objects", "cat-file", `--batch-check${format}`], input);
    assertSame(path, ["cat-file", `--batch-check${format}`], input, { GIT_NO_REPLACE_OBJECTS: "1" });
    assertSame(path, ["-c", "core.useReplaceRefs=false", "cat-file", `--batch-check${format}`], input);
    assertSame(path, ["cat-file", `--batch-check${format}`, "--batch-all-objects"]);
  }
  assertSame(path, ["cat-file", "--batch"], input);
  for (const mode of ["-p", "-s", "-t", "-e"]) assertSame(path, ["cat-file", mode, "HEAD:file"]);
});

test("a ref that is named like an id is warned of", () => {
  const repository = makeOddRepository();
  const head = repository.run("rev-parse", "HEAD");
  repository.run("update-ref", `refs/heads/${head}`, "HEAD~1");
  assertSame(repository.path, ["cat-file", "-t", head]);
  assertSame(repository.path, ["-c", "advice.objectNameWarning=false", "cat-file", "-t", head]);
  assertSame(repository.path, ["-c", "core.warnAmbiguousRefs=false", "cat-file", "-t", head]);
  assertSame(repository.path, ["cat-file", "--batch-check"], head);
});

test("wrong command lines have git's message and status", () => {
  const wrong = [
    ["-t"],
    ["-t", "a", "b"],
    ["blob"],
    ["a", "b", "c"],
    ["--batch", "HEAD"],
    ["--batch", "-t"],
    ["--buffer", "-t", "HEAD"],
    ["--follow-symlinks", "HEAD"],
    ["--batch-all-objects"],
    ["-Z", "blob", "HEAD"],
    ["-z", "-t", "HEAD"],
    ["--filter=blob:none", "-t", "HEAD"],
    ["--batch", "--filter=tree:1"],
    ["--batch", "--filter=nonsense"],
    ["--batch", "--filter=blob:limit=x"],
    ["--batch", "--filter=object:type=x"],
    ["--batch", "--filter=blob:none", "--filter=object:type=blob"],
    ["--batch", "--batch-check"],
    ["--batch-check", "--batch-check"],
    ["--batch=a", "--batch=b"],
    ["-tp", "HEAD"],
    ["-pt", "HEAD"],
    ["-s", "--batch-all-objects", "-e"],
    ["--textconv", "--filters", "HEAD:file"],
    ["-t", "-p", "--nonsense"],
    ["--exists", "HEAD"],
    ["--nul", "--batch"],
    ["-exists", "HEAD"],
    ["--path=x", "-p", "HEAD"],
    [],
  ];
  for (const words of wrong) {
    const options = { cwd: odd.path, status: "any" } as const;
    const theirs = runGit(git, ["cat-file", ...words], options);
    const ours = runGitmidx(["cat-file", ...words], options);
    assert.equal(ours.status, theirs.status, words.join(" "));
    const firstLine = (text: string) => text.split("\n", 1)[0]!.replace("git cat-file", "gitmidx cat-file");
    assert.equal(firstLine(ours.stderr), firstLine(theirs.stderr), words.join(" "));
  }
});

test("from a subdirectory and in a bare repository paths are git's", () => {
  assertSame(
    `${odd.path}/dir`,
    ["cat-file", "--batch-check"],
    "HEAD:./inner\nHEAD:../file\n:./inner\n:../file\nHEAD:inner\n",
  );
  for (const revision of ["HEAD:../../file", "HEAD:inner", ":./nope"])
    assertSame(`${odd.path}/dir`, ["cat-file", "-t", revision]);
  for (const revision of ["HEAD:./inner", "HEAD:file", ":file"]) assertSame(odd.gitDir, ["cat-file", "-t", revision]);
});

test("logs in files and in reftables go back as far as git says, with its words for what is before", () => {
  const dates = { GIT_COMMITTER_NAME: "C", GIT_COMMITTER_EMAIL: "c@example.com" };
  for (const storage of ["files", "reftable"]) {
    const path = join(makeTempFolder("logs"), "r");
    runGit(git, ["init", "-q", "-b", "main", `--ref-format=${storage}`, path]);
    for (let i = 1; i <= 5; i++) {
      const env = { ...dates, GIT_COMMITTER_DATE: `${1700000000 + i * 1000} -0130` };
      runGit(git, ["commit", "-q", "--allow-empty", "-m", `${i}`], { cwd: path, env });
      if (i === 2) runGit(git, ["checkout", "-q", "-b", "side"], { cwd: path, env });
      if (i === 4) runGit(git, ["checkout", "-q", "main"], { cwd: path, env });
    }
    const places = ["HEAD@{1}", "HEAD@{99}", "@{-1}", "@{-9}", "main@{1}", "@{1}", "nope@{1}", "@{-1}@{1}"];
    for (const revision of [...places, "main@{1700001500}", "main@{1600000000}"])
      assertSame(path, ["cat-file", "-p", revision]);
    const worktree = `${path}-w`;
    runGit(git, ["worktree", "add", "-q", worktree, "side"], { cwd: path });
    for (const revision of ["HEAD@{0}", "main-worktree/HEAD@{1}"]) assertSame(worktree, ["cat-file", "-t", revision]);
  }
});

test("damaged loose objects are told of in git's lines, with paths as git has them", () => {
  const path = join(makeTempFolder("damaged"), "r");
  runGit(git, ["init", "-q", path]);
  const oid = runGit(git, ["hash-object", "-w", "--stdin"], { cwd: path, input: "content\n" }).stdout.trim();
  const file = join(path, ".git/objects", oid.slice(0, 2), oid.slice(2));
  const good = deflateSync("blob 8\0content\n");
  const damages = [
    Buffer.alloc(0),
    Buffer.from("abcdef"),
    good.subarray(0, -3),
    good.with(good.length - 1, good.at(-1)! ^ 1),
    deflateSync("blob 8content and more than thirty-two bytes"),
    deflateSync("blob\0content"),
    deflateSync("blub 8\0content\n"),
  ];
  chmodSync(file, 0o644);
  for (const bytes of damages) {
    writeFileSync(file, bytes);
    for (const words of ["-t", "-p", "blob", "commit"]) assertSame(path, ["cat-file", words, oid]);
    for (const words of ["--batch", "--batch-check", "--batch-check=%(objectname)"])
      assertSame(path, ["cat-file", words], `${oid}\n`);
  }
});
