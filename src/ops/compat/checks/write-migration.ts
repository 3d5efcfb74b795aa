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
    const [first = [], second] = partsOf(packs.slice(0, -1), 2);
    // The youngest name is new to the last write: with the same packs nothing would be written.
    const single = { what: "write --stdin-packs with some of the packs", wish: { stdinPacks: namesOf(first) } };
    const layer = {
      what: "write --incremental --stdin-packs with more of them",
      wish: { incremental: true, stdinPacks: namesOf(second ?? first) },
    };
    return [...(second === undefined ? [] : [single]), layer, { what: "write over the chain", wish: {} }];
  },
});
