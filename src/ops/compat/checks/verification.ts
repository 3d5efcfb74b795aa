/** What both say of the multi-pack-indexes as they are. Damage is a difference: there is nothing whole to compare then. */

import { parseChain } from "../../../formats/midx/chain.js";
import type { ObjectDirectory } from "../../../store/object-directory.js";
import { type VerifyReport, verifyMidx } from "../../verify-midx/verify-midx.js";
import type { Check, CheckContext } from "../check.js";
import { Comparison, counted, notCompared } from "../comparison.js";
import { blindness, SubjectStacks } from "../subject-stacks.js";

export const check: Check = {
  name: "verify",
  title: "the multi-pack-index as both verify it",
  since: [2, 30],
  async run(context) {
    const { git, subject } = context;
    const present: ObjectDirectory[] = [];
    for (const directory of subject.directories) if (await hasMidx(directory)) present.push(directory);
    if (present.length === 0) return notCompared("there is no multi-pack-index");
    const blind = await blindnessOf(context);
    if (blind !== undefined && subject.usesMidx) return notCompared(blind);
    const comparison = new Comparison();
    let layers = 0;
    for (const directory of present) layers += await compareVerification(directory, context, comparison);
    return comparison.verdict(`${counted(layers, "file")}, verified by gitmidx and by git ${git.versionText}`);
  },
};

async function hasMidx(directory: ObjectDirectory): Promise<boolean> {
  const { fs, format } = directory;
  if ((await fs.stat(directory.midxPath)) !== undefined) return true;
  if ((await fs.stat(directory.chainPath)) === undefined) return false;
  const { lines, problems } = parseChain(await fs.readFile(directory.chainPath), format);
  return lines.length > 0 || problems.length > 0;
}

/** As `blindness`; undefined too where a file cannot be read, which both must then say. */
async function blindnessOf({ git, subject }: CheckContext): Promise<string | undefined> {
  let stacks: SubjectStacks;
  try {
    stacks = await SubjectStacks.open(subject);
  } catch {
    return undefined;
  }
  stacks.close();
  return blindness(git, subject, stacks);
}

/** Compares for one directory; returns the number of files. */
async function compareVerification(
  directory: ObjectDirectory,
  { git, subject, task }: CheckContext,
  comparison: Comparison,
): Promise<number> {
  const report = await verifyMidx(directory, { ...task, keepFindings: 100 });
  const args = ["-c", "core.multiPackIndex=true", "multi-pack-index", `--object-dir=${directory.path}`, "verify"];
  const said = await git.run(subject.place, { args }, task);
  const gitSays = said.status === 0 ? "nothing" : `status ${said.status}: ${said.errors || said.output.trimEnd()}`;
  if (report.errors === 0 && said.status !== 0 && !isNoted(said.errors, report)) {
    const what = "git finds fault with the multi-pack-index";
    comparison.differ({ what, path: directory.packPath, ours: "nothing", git: gitSays });
  }
  const both = said.status !== 0;
  const what = both ? "the multi-pack-index is damaged" : "gitmidx finds fault with the multi-pack-index";
  for (const { severity, message, path, chunk, offset, object } of report.findings) {
    if (severity === "error") comparison.differ({ what, path, chunk, offset, object, ours: message, git: gitSays });
  }
  return report.layers.length;
}

/** Whether we have seen all that git finds fault with, but do not think it one: a multi-pack-index without objects. */
function isNoted(errors: string, { findings }: VerifyReport): boolean {
  const notes = findings.map(({ message }) => message);
  return errors !== "" && errors.split("\n").every((line) => notes.includes(line));
}
