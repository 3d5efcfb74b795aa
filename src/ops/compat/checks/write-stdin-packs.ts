/** One file with some of the packs, then with others. */

import { namesOf, writeCheck } from "../write-check.js";

export const check = writeCheck({
  name: "write-stdin-packs",
  title: "one file with some of the packs",
  since: [2, 34],
  steps({ packs }) {
    if (packs.length < 2) return "takes two packs";
    const halves = [0, 1].map((rest) => namesOf(packs.filter((_, i) => i % 2 === rest)));
    return halves.map((stdinPacks, i) => ({
      what: `write --stdin-packs with ${i === 0 ? "every second pack" : "the others"}`,
      wish: { stdinPacks },
    }));
  },
});
