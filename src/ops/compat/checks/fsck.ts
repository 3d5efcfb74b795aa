/** What `git fsck` says beside what we wrote, against what it says of the packs alone. */

import { privatePermissions } from "../../../store/permissions.js";
import { writeMidx } from "../../write-midx/write-midx.js";
import type { Check, CheckContext } from "../check.js";
import { Comparison, counted, notCompared } from "../comparison.js";
import type { ScratchRepository } from "../scratch.js";

export const check: Check = {
  name: "fsck",
  title: "git fsck beside what gitmidx wrote",
  since: [2, 30],
  fullOnly: true,
  async run(context) {
    const mirror = await context.scratch.mirror();
    const packs = await mirror.directory.listPacks();
    if (packs.length === 0) return notCompared("there is no pack");
    const without = await fsck(mirror, context);
    const settings = { shared: privatePermissions, sync: false, lock: {} };
    await writeMidx(mirror.directory, { ...context.task, settings });
    const beside = await fsck(mirror, context);
    const comparison = new Comparison();
    if (beside !== without) {
      const what = "git fsck says something else beside our multi-pack-index";
      comparison.differ({ what, ours: `without it: ${without}`, git: beside });
    }
    return comparison.verdict(`${counted(packs.length, "pack")}, ${without.split("\n", 1)[0]}`);
  },
};

async function fsck({ place }: ScratchRepository, { git, task }: CheckContext): Promise<string> {
  const { status, output, errors } = await git.run(place, { args: ["fsck", "--no-dangling", "--no-progress"] }, task);
  // The order of what is missing is that of a hash table.
  const lines = [...output.split("\n"), ...errors.split("\n")].filter((line) => line !== "").toSorted();
  return [`status ${status}`, ...lines].join("\n");
}
