/** One file with all packs where there is one with some of them, whose choices are kept. */

import { namesOf, partsOf, writeCheck } from "../write-check.js";

export const check = writeCheck({
  name: "write-over",
  title: "one file with all packs over one with some",
  since: [2, 34],
  steps({ packs }) {
    if (packs.length < 2) return "takes two packs";
    const [first = []] = partsOf(packs, 2);
    return [
      { what: "write --stdin-packs with the first half of the packs", wish: { stdinPacks: namesOf(first) } },
      { what: "write over it", wish: {} },
    ];
  },
});
