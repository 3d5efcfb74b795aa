/** Repositories with a history that chance has made: merges, equal and lying dates, trees of the same content, tags of everything. */

import { join } from "node:path";
import { type GitBinary, newestGit, runGit } from "../../support/gits.js";
import { seededRandom } from "../../support/random.js";
import { makeTempFolder } from "../../support/temp.js";

/** What is made. */
export interface HistoryPlan {
  readonly seed: number;
  readonly commits: number;
  readonly format?: "sha1" | "sha256" | undefined;
  /** What makes it; the newest git by default. */
  readonly git?: GitBinary | undefined;
}

/** A made repository, bare. */
export interface RandomHistory {
  readonly path: string;
  readonly git: GitBinary;
  /** Ids of all commits in the order in which they were made. */
  readonly commits: readonly string[];
}

const directories = ["", "a/", "a/b/", "c/", "c/a/b/", "d e/"];
const names = ["x", "y.c", "z.h", "long-name.txt"];
const contents = 12;

/** Makes one with `git fast-import`. */
export function makeRandomHistory(plan: HistoryPlan): RandomHistory {
  const git = plan.git ?? newestGit();
  const path = join(makeTempFolder("history"), "r.git");
  runGit(git, ["init", "-q", "--bare", `--object-format=${plan.format ?? "sha1"}`, path]);
  const marks = join(path, "marks");
  runGit(git, ["fast-import", "--quiet", `--export-marks=${marks}`], { cwd: path, input: importStream(plan) });
  const list = runGit(git, ["cat-file", "--batch-check=%(objectname) %(objecttype)"], {
    cwd: path,
    input: runGit(git, ["for-each-ref", "--format=%(objectname)", "refs/all"], { cwd: path }).stdout,
  });
  const commits = list.stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ")[0]!);
  return { path, git, commits };
}

/** The input of fast-import. */
function importStream(plan: HistoryPlan): string {
  const { seed, commits } = plan;
  const random = seededRandom(seed);
  const below = (limit: number) => random() % limit;
  const lines: string[] = [];
  const data = (text: string) => lines.push(`data ${text.length}`, text);
  for (let blob = 1; blob <= contents; blob++) {
    lines.push("blob", `mark :${blob}`);
    data(`content ${blob}\n`.repeat(blob));
  }
  for (let i = 0; i < commits; i++) {
    const date = 1_700_000_000 + (below(5) === 0 ? below(200) : 20 * i - (i % (1 + below(4))) * 20);
    lines.push(`commit refs/all/${String(i).padStart(5, "0")}`, `mark :${100 + i}`);
    lines.push(`author A U Thor <a@example.com> ${date} +0000`, `committer C O Mitter <c@example.com> ${date} +0000`);
    data(`commit ${i}\n`);
    if (i > 0 && below(12) !== 0) {
      const parents = new Set<number>();
      for (let count = below(4) === 0 ? 1 + below(3) : 1; count > 0; count--)
        parents.add(100 + Math.max(0, i - 1 - below(6)));
      const [first, ...others] = parents;
      lines.push(`from :${first}`, ...others.map((mark) => `merge :${mark}`));
    }
    for (let changes = below(4); changes > 0; changes--) {
      const path = `"${directories[below(directories.length)]}${names[below(names.length)]}"`;
      const kind = below(10);
      if (kind === 0) lines.push(`D ${path}`);
      else if (kind === 1) lines.push(`M 160000 ${"12".repeat(plan.format === "sha256" ? 32 : 20)} "sub"`);
      else lines.push(`M ${kind === 2 ? "120000" : kind === 3 ? "100755" : "100644"} :${1 + below(contents)} ${path}`);
    }
    lines.push("");
  }
  const tag = (name: string, mark: number, own: number) => {
    lines.push(`tag ${name}`, `mark :${own}`, `from :${mark}`, "tagger T <t@example.com> 1700000000 +0000");
    data(`${name}\n`);
  };
  for (let i = 0; i < 4; i++) tag(`t${i}`, 100 + below(commits), 100_000 + i);
  tag("of-tag", 100_000 + below(4), 100_010);
  tag("of-blob", 1 + below(contents), 100_011);
  for (let i = 0; i < 3; i++) lines.push(`reset refs/heads/b${i}`, `from :${100 + below(commits)}`, "");
  lines.push("reset refs/heads/main", `from :${99 + commits}`, "", "done", "");
  return lines.join("\n");
}
