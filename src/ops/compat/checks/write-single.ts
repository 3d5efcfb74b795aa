/** One file with all packs, where there is none. */

import { writeCheck } from "../write-check.js";

export const check = writeCheck({
  name: "write",
  title: "one file with all packs",
  since: [2, 30],
  verifies: true,
  steps: () => [{ what: "write", wish: {} }],
});
