/** From one file to a chain that stands on it, and back to one file. */

import { chainsSince } from "../subject-stacks.js";
import { namesOf, partsOf, writeCheck } from "../write-check.js";

export const check = writeCheck({
  name: "write-migration",
  title: "one file, a chain on it, and one file again",
  since: chainsSince,
  verifies: true,
  steps({ packs }) {
    if (packs.length < 2) return "takes two packs";
    const [first = []] = partsOf(packs, 2);
    return [
      { what: "write --stdin-packs with the first half of the packs", wish: { stdinPacks: namesOf(first) } },
      { what: "write --incremental on it", wish: { incremental: true } },
      { what: "write over the chain", wish: {} },
    ];
  },
});
