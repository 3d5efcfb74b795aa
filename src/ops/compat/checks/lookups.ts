/** A sample of objects of the multi-pack-index: the pack and the offset that git reads each from, by git's own trace. */

import type { Check } from "../check.js";
import { Comparison, notCompared } from "../comparison.js";
import { blindness, SubjectStacks } from "../subject-stacks.js";
import { compareLookups } from "../traced-lookups.js";

export const check: Check = {
  name: "lookups",
  title: "the pack and offset that objects are read from",
  since: [2, 30],
  async run(context) {
    const { git, subject } = context;
    const stacks = await SubjectStacks.open(subject);
    try {
      if (stacks.objectCount === 0) return notCompared("no multi-pack-index with objects");
      const blind = blindness(git, subject, stacks);
      if (blind !== undefined) return notCompared(blind);
      const comparison = new Comparison();
      return comparison.verdict(await compareLookups(stacks, subject.place, context, comparison));
    } finally {
      stacks.close();
    }
  },
};
