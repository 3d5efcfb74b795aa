/** One file of version 2, and what becomes of it when version 1 is wanted. */

import { version2Since } from "../subject-stacks.js";
import { writeCheck } from "../write-check.js";

export const check = writeCheck({
  name: "write-version-2",
  title: "one file of version 2, then of version 1",
  since: version2Since,
  steps: () => [
    { what: "write with midx.version=2", wish: { version: 2 } },
    { what: "write with midx.version=1 over it", wish: { version: 1 } },
  ],
});
