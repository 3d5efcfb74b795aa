/** Git reads what we wrote: objects by way of our multi-pack-index, from the packs themselves. */

import { privatePermissions } from "../../../store/permissions.js";
import { writeMidx } from "../../write-midx/write-midx.js";
import type { Check, CheckContext, CompatSubject } from "../check.js";
import { Comparison, notCompared } from "../comparison.js";
import type { ScratchRepository } from "../scratch.js";
import { chainsSince, SubjectStacks } from "../subject-stacks.js";
import { compareLookups } from "../traced-lookups.js";
import { namesOf, partsOf } from "../write-check.js";

export const check: Check = {
  name: "read-back",
  title: "git reads objects by what gitmidx wrote",
  since: [2, 30],
  async run(context) {
    const mirror = await context.scratch.mirror();
    const { directory } = mirror;
    const packs = await directory.listPacks();
    if (packs.length === 0) return notCompared("there is no pack");
    const comparison = new Comparison();
    const settings = { shared: privatePermissions, sync: false, lock: {} };
    await writeMidx(directory, { ...context.task, settings });
    const single = await compareWritten(mirror, context, comparison);
    if (!context.git.isAtLeast(chainsSince)) return comparison.verdict(`one file: ${single}`);
    await context.scratch.removeMidx(directory);
    for (const part of partsOf(packs, 3)) {
      await writeMidx(directory, { ...context.task, settings, incremental: true, stdinPacks: namesOf(part) });
    }
    const chain = await compareWritten(mirror, context, comparison);
    return comparison.verdict(`one file: ${single}; a chain: ${chain}`);
  },
};

async function compareWritten(
  { directory, place }: ScratchRepository,
  context: CheckContext,
  comparison: Comparison,
): Promise<string> {
  const subject: CompatSubject = { directories: [directory], usesMidx: true, place };
  const stacks = await SubjectStacks.open(subject);
  try {
    if (stacks.objectCount === 0) return "no objects";
    return await compareLookups(stacks, place, context, comparison);
  } finally {
    stacks.close();
  }
}
