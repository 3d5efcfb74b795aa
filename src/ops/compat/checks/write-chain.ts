/** A chain of several layers, each with some of the packs. */

import { chainsSince } from "../subject-stacks.js";
import { namesOf, partsOf, type WriteStep, writeCheck } from "../write-check.js";

const mostLayers = 4;

export const check = writeCheck({
  name: "write-chain",
  title: "a chain, layer by layer",
  since: chainsSince,
  verifies: true,
  steps({ packs }) {
    const parts = partsOf(packs, mostLayers);
    if (parts.length === 0) return "there is no pack";
    return parts.map((part, i): WriteStep => {
      const number = `layer ${i + 1} of ${parts.length}`;
      // The last layer takes whatever is new, as a push would have it.
      if (i === parts.length - 1) return { what: `write --incremental, ${number}`, wish: { incremental: true } };
      return {
        what: `write --incremental --stdin-packs, ${number}`,
        wish: { incremental: true, stdinPacks: namesOf(part) },
      };
    });
  },
});
