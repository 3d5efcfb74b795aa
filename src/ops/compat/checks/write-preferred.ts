/** One file with a preferred pack: the oldest, the youngest and one in between. */

import { IdxView } from "../../../formats/idx/view.js";
import type { PackFile } from "../../../store/object-directory.js";
import type { Twins } from "../scratch.js";
import { writeCheck } from "../write-check.js";

export const check = writeCheck({
  name: "write-preferred-pack",
  title: "one file with a preferred pack",
  since: [2, 33],
  async steps(twins) {
    const packs = await packsWithObjects(twins);
    if (packs.length === 0) return "no pack has objects";
    const chosen = new Set([packs[0]!, packs[packs.length >> 1]!, packs.at(-1)!]);
    return [...chosen].map(({ name }) => ({
      what: `write --preferred-pack=${name}`,
      wish: { preferredPack: name },
      afresh: true,
    }));
  },
});

/** From the oldest on. */
async function packsWithObjects({ packs, ours }: Twins): Promise<readonly PackFile[]> {
  const found: PackFile[] = [];
  for (const pack of packs.toSorted((a, b) => a.mtime - b.mtime)) {
    const source = await ours.directory.fs.openSource(pack.idxPath);
    try {
      if (new IdxView(source, ours.directory.format).count > 0) found.push(pack);
    } finally {
      source.close();
    }
  }
  return found;
}
