/** One file with the chunks RIDX and BTMP, which git writes beside a bitmap; the bitmap itself is not compared. */

import { IdxView } from "../../../formats/idx/view.js";
import type { Twins } from "../scratch.js";
import { writeCheck } from "../write-check.js";

/** For its bitmap git looks up the type of every object: more objects than these it does only where everything is compared. */
const mostObjects = 1_000_000;

export const check = writeCheck({
  name: "write-reverse-index",
  title: "one file with a reverse index (RIDX and BTMP)",
  since: [2, 44],
  async steps(twins, { full }) {
    const { packs, standIns } = twins;
    if (packs.length === 0) return "there is no pack";
    // Git looks into the packs for the types of their objects.
    if (standIns > 0) return "takes packs of different modification times, or small enough to be copied";
    const objects = await countObjects(twins);
    if (objects > mostObjects && !full)
      return `${objects} objects are more than ${mostObjects}: --full compares them too`;
    return [{ what: "write --bitmap", wish: { reverseIndex: true } }];
  },
});

async function countObjects({ packs, ours }: Twins): Promise<number> {
  let count = 0;
  for (const { idxPath } of packs) {
    const source = await ours.directory.fs.openSource(idxPath);
    try {
      count += new IdxView(source, ours.directory.format).count;
    } finally {
      source.close();
    }
  }
  return count;
}
