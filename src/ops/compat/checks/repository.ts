/** What both take for the repository: its object directories, its hash function, and how much is in it. */

import { isGitmidxError } from "../../../core/errors.js";
import { IdxView } from "../../../formats/idx/view.js";
import { looseIds } from "../../../store/loose.js";
import type { ObjectDirectory } from "../../../store/object-directory.js";
import { resolveAgainst } from "../../../store/paths.js";
import type { Check, CheckContext } from "../check.js";
import { Comparison, counted } from "../comparison.js";
import { GitFailed } from "../git.js";
import { blindness, SubjectStacks, withoutMidx } from "../subject-stacks.js";

export const check: Check = {
  name: "repository",
  title: "the object directories and the hash function",
  since: [2, 30],
  async run(context) {
    const { subject } = context;
    const [own, ...others] = subject.directories;
    const comparison = new Comparison();
    const compare = (what: string, ours: string, git: string) => {
      if (ours !== git) comparison.differ({ what, ours, git });
    };
    const said = await ask(context, ["rev-parse", "--show-object-format", "--git-path", "objects"]);
    const [format = "", objects = ""] = said.split("\n");
    compare("the hash functions differ", own!.format.name, format);
    const gitPath = await realPath(own!, resolveAgainst(subject.place.cwd, objects));
    compare("the object directories differ", await realPath(own!, own!.path), gitPath);
    const counts = await countObjects(context);
    const alternates = await Promise.all(counts.alternates.map((path) => realPath(own!, path)));
    compare(
      "the alternates differ",
      others.map(({ path }) => path).join("\n") || "none",
      alternates.join("\n") || "none",
    );
    const { packs, objects: packed } = await countPacked(own!);
    compare("the numbers of packs differ", `${packs}`, counts.packs);
    compare("the numbers of packed objects differ", `${packed}`, counts.packed);
    const loose = await countLoose(own!);
    compare("the numbers of loose objects differ", `${loose}`, counts.loose);
    const sizes = `${counted(packs, "pack")}, ${counted(loose, "loose object")}, ${counted(others.length, "alternate")}`;
    return comparison.verdict(`${own!.format.name}, ${sizes}`);
  },
};

async function ask({ git, subject, task }: CheckContext, args: readonly string[]): Promise<string> {
  const { status, output, errors } = await git.run(subject.place, { args }, task);
  if (status === 0) return output;
  throw new GitFailed(`git ${args.join(" ")} ended with status ${status}: ${errors}`);
}

async function realPath({ fs }: ObjectDirectory, path: string): Promise<string> {
  try {
    return await fs.realpath(path);
  } catch (error) {
    if (isGitmidxError(error, "not-found")) return path;
    throw error;
  }
}

interface Counts {
  readonly alternates: readonly string[];
  readonly packs: string;
  readonly packed: string;
  readonly loose: string;
}

/** What `git count-objects -v` counts in the repository's own directory. */
async function countObjects(context: CheckContext): Promise<Counts> {
  const stacks = await SubjectStacks.open(context.subject);
  let output: string;
  try {
    const blind = blindness(context.git, context.subject, stacks) !== undefined;
    const subject = blind ? { ...context.subject, place: withoutMidx(context.subject.place) } : context.subject;
    output = await ask({ ...context, subject }, ["-c", "core.quotePath=false", "count-objects", "-v"]);
  } finally {
    stacks.close();
  }
  const rows = output
    .split("\n")
    .map((line) => /^([a-z-]+): (.*)$/.exec(line))
    .filter((row) => row !== null);
  const countOf = (name: string) => rows.find(([, key]) => key === name)?.[2] ?? "not told";
  const alternates = rows.filter(([, key]) => key === "alternate").map(([, , path]) => path!.replace(/^"(.*)"$/, "$1"));
  return { alternates, packs: countOf("packs"), packed: countOf("in-pack"), loose: countOf("count") };
}

async function countPacked(directory: ObjectDirectory): Promise<{ packs: number; objects: number }> {
  const packs = await directory.listPacks();
  let objects = 0;
  for (const { idxPath } of packs) {
    const source = await directory.fs.openSource(idxPath);
    try {
      objects += new IdxView(source, directory.format).count;
    } finally {
      source.close();
    }
  }
  return { packs: packs.length, objects };
}

async function countLoose(directory: ObjectDirectory): Promise<number> {
  let count = 0;
  for (let byte = 0; byte < 256; byte++) {
    count += (await looseIds(directory, byte.toString(16).padStart(2, "0"))).length;
  }
  return count;
}
