import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeRandomHistory } from "../ops/walk/random-history.js";
import { makeOddRepository, oddRevisions } from "../support/odd-repository.js";
import { seededRandom } from "../support/random.js";
import { scale } from "../support/scale.js";
import { assertSameRevList } from "./rev-list-run.js";

const odd = makeOddRepository();
const histories = [1, 2].map((seed) => makeRandomHistory({ seed, commits: 60 }));

test("every revision is to rev-list what it is to git's", async () => {
  for (const revision of oddRevisions) {
    if (revision.startsWith("-") || revision.includes(":/") || revision.includes("^{/")) continue;
    await assertSameRevList(odd.path, ["--objects", revision, "--"]);
    if (scale(revision.length < 5, true)) await assertSameRevList(odd.path, [`^${revision}`, "HEAD", "--"]);
  }
});

/** Options in random combinations; those that exclude each other come out as git's complaint. */
const choices: readonly (readonly string[])[] = [
  ["--objects"],
  ["--objects"],
  ["--objects-edge"],
  ["--objects-edge-aggressive"],
  ["--no-object-names", "--object-names"],
  ["--in-commit-order"],
  ["--count"],
  ["--left-right"],
  ["--left-only", "--right-only"],
  ["--max-count=3", "-n 2", "-5", "-n0", "--max-count=-1", "--max-count=7"],
  ["--skip=2", "--skip=0", "--skip=100"],
  ["--since=1700000300", "--max-age=1700000500", "--after=@1700000700", "--since-as-filter=1700000400"],
  ["--until=1700000900", "--min-age=1700000600", "--before=2023-11-14"],
  ["--topo-order", "--date-order"],
  ["--reverse"],
  ["--parents", "--children"],
  ["--boundary"],
  ["--first-parent"],
  ["--merges", "--no-merges", "--min-parents=3", "--max-parents=0"],
  ["--no-walk", "--no-walk=unsorted", "--do-walk"],
  ["--filter=blob:none", "--filter=tree:1", "--filter=blob:limit=50", "--filter=object:type=tree", "--filter=tree:0"],
  ["--filter=combine:tree:2+blob:limit=60"],
  ["--filter-provided-objects"],
  ["--filter-print-omitted"],
  ["--missing=print", "--missing=allow-any", "--missing=error", "--missing=print-info", "--missing=nonsense"],
  ["--timestamp"],
  ["-z"],
  ["--quiet"],
  ["--unpacked"],
  ["--ignore-missing"],
  ["--disk-usage", "--disk-usage=human"],
];

function randomRevisions(random: () => number, commits: readonly string[]): readonly string[] {
  const below = (limit: number) => random() % limit;
  const commit = () => commits[below(commits.length)]!;
  const makers = [
    commit,
    commit,
    () => `^${commit()}`,
    () => `${commit()}..${commit()}`,
    () => `${commit()}...${commit()}`,
    () => `${commit()}^@`,
    () => `${commit()}^!`,
    () => `${commit()}^-`,
    () => ["--all", "--branches", "--tags", "--branches=b*", "--glob=all/0000?", "--tags=t[01]"][below(6)]!,
    () => ["--exclude=refs/all/*", "--exclude=b1", "--not", "main:", "of-blob", "of-tag", "main^{tree}"][below(7)]!,
  ];
  return Array.from({ length: 1 + below(4) }, () => makers[below(makers.length)]!());
}

test("property: options and revisions together give what git gives", async () => {
  const random = seededRandom(7);
  for (let run = 0; run < scale(80, 20_000); run++) {
    const { path, commits } = histories[random() % histories.length]!;
    const args = [...randomRevisions(random, commits)];
    for (let count = random() % 5; count > 0; count--) {
      const some = choices[random() % choices.length]!;
      args.splice(random() % (args.length + 1), 0, ...some[random() % some.length]!.split(" "));
    }
    await assertSameRevList(path, args);
  }
});

test("what git refuses we refuse, in its words", async () => {
  const wrong = [
    ..."--bogus|HEAD --bogus|nosuch|nosuch --bogus|nosuch --|^nosuch|HEAD nosuch|-n|-n x HEAD|--max-count HEAD".split(
      "|",
    ),
    ..."--max-count|-5x HEAD|--skip=x HEAD|--max-age=x HEAD|--glob|--filter=x HEAD|--filter=blob:none HEAD".split("|"),
    ..."--filter=auto --objects HEAD|--parents --children HEAD|--disk-usage=foo HEAD|--disk-usagefoo HEAD".split("|"),
    ..."--left-only --right-only HEAD|--right-only --left-only HEAD|--exclude-hidden=foo --all".split("|"),
    ..."--exclude-hidden=fetch --branches|--exclude-hidden=fetch --exclude-hidden=fetch --all|--no-walk=foo HEAD".split(
      "|",
    ),
    ..."--unpacked=x HEAD|-z --use-bitmap-index HEAD|-z --objects-edge HEAD|-z --disk-usage HEAD|--objects".split("|"),
    ..."--count --left-right --objects HEAD|--missing=print --exclude-promisor-objects HEAD|--stdin --stdin".split("|"),
    ..."--|HEAD --|--all|--test-bitmap HEAD|main..nosuch|main...of-blob|of-blob..main|v1|--end-of-options -x".split(
      "|",
    ),
    ..."--default main|--default main side|--default nosuch|-p HEAD|--name-only HEAD|--ignore-missing nosuch".split(
      "|",
    ),
    ..."HEAD:nosuch|:nosuch|HEAD:nosuch:x|nosuch:x|:4:x|HEAD:dir/|main@{99}|HEAD^{nonsense}|x..y|HEAD..|..HEAD|a/..".split(
      "|",
    ),
    ..."HEAD nosuch2 file|file nosuch|--objects-edge HEAD ^HEAD~1|--dense --abbrev=4 --no-abbrev HEAD|dir main".split(
      "|",
    ),
    ..."--ignore-missing HEAD..nosuch|--min-parents=x HEAD|--progress|--progress=|--filter|--exclude|--missing HEAD".split(
      "|",
    ),
  ];
  for (const line of wrong) await assertSameRevList(odd.path, line.split(" "));
  for (const id of [
    "1".repeat(40),
    `^${"1".repeat(40)}`,
    `${"1".repeat(40)}..HEAD`,
    `HEAD...${"1".repeat(40)}`,
    "1".repeat(39),
  ]) {
    await assertSameRevList(odd.path, [id]);
    await assertSameRevList(odd.path, ["--ignore-missing", "HEAD", id]);
    await assertSameRevList(odd.path, ["--missing=print", "HEAD", "--objects", id]);
  }
});

test("names of files and of revisions are told apart as git tells them", async () => {
  writeFileSync(join(odd.path, "side"), "");
  for (const line of ["side", "side --", "^side", "main..side", "main side", "main..side --", "HEAD^@ side"]) {
    await assertSameRevList(odd.path, line.split(" "));
    await assertSameRevList(odd.gitDir, line.split(" "));
    await assertSameRevList(join(odd.path, "dir"), line.split(" "));
  }
  rmSync(join(odd.path, "side"));
});

test("standard input is read as git reads it", async () => {
  for (const input of [
    "main\n^side\n",
    "--not\nside\n--not\nmain",
    "main\n\nside\n",
    "--all\n",
    "--branches=s*\n--tags\n",
    "--glob=refs/heads/*\n--exclude=main\n",
    "--exclude=refs/heads/main\n--all\n",
    "--objects\n",
    "--filter=blob:none\nmain\n",
    "nosuch\n",
    "--end-of-options\nmain\n",
    "--end-of-options\n--all\n",
    "--no-walk\nmain\nside\n",
    "--no-walk=x\nmain\n",
    "--glob\n",
    "main\n--\n",
    "",
    "side...main\n",
    "1111111111111111111111111111111111111111\n",
  ]) {
    await assertSameRevList(odd.path, ["--stdin"], { input });
    await assertSameRevList(odd.path, ["--objects", "--stdin", "^HEAD~2"], { input });
    await assertSameRevList(odd.path, ["--missing=print", "--ignore-missing", "--stdin", "--count"], { input });
  }
});

test("refs that options name are git's, hidden and excluded ones too", async () => {
  const config = [
    ["transfer.hideRefs", "refs/tags"],
    ["transfer.hideRefs", "!refs/tags/v1"],
    ["fetch.hideRefs", "refs/heads/side/"],
    ["receive.hideRefs", "^refs/remotes"],
  ] as const;
  const some = [
    ..."--branches|--tags|--remotes|--branches=m*|--branches=main|--tags=*a*|--remotes=origin|--remotes=o*|--glob=heads".split(
      "|",
    ),
    ..."--glob=refs/tags/*|--glob=heads/m*|--glob heads/side|--glob=*|--exclude=m* --branches|--exclude=*/v1 --all".split(
      "|",
    ),
    ..."--exclude=refs/heads/* --all|--exclude refs/tags/v? --exclude HEAD --all|--exclude=main --branches --branches".split(
      "|",
    ),
    ..."--exclude-hidden=fetch --all|--exclude-hidden=receive --all|--exclude-hidden uploadpack --glob=refs/*".split(
      "|",
    ),
    ..."--exclude-hidden=fetch --tags|--all --single-worktree|--single-worktree --all|--reflog|--indexed-objects".split(
      "|",
    ),
    ..."--alternate-refs|--not --remotes --not --all|--all --not --tags|--reflog --not --branches".split("|"),
    ..."--glob=refs/[ht]*/main|--glob=refs/heads/|--branches=s?de|--tags=of-[bt]*".split("|"),
  ];
  for (const line of some) {
    await assertSameRevList(odd.path, ["--objects", "--no-walk=unsorted", ...line.split(" ")], { config });
    await assertSameRevList(odd.path, ["--objects", ...line.split(" ")], { config });
  }
});
