/** What starting `gitmidx` costs over starting Node. */

import { tmpdir } from "node:os";
import { type Contender, race } from "./measure.js";
import type { Comparison } from "./report.js";
import type { Workbench } from "./workbench.js";

/** Start-up is measured in milliseconds, so it takes more runs. */
const runsFactor = 4;

/** `gitmidx --version` against a Node that does nothing, and against git. */
export async function measureStartUp(bench: Workbench): Promise<Comparison[]> {
  const cwd = tmpdir();
  bench.parts.say("start-up");
  const ours = bench.gitmidx(["--version"], cwd);
  const bare: Contender = { ...ours, label: "node -e 0", args: ["-e", "0"] };
  const timings = await race([ours, bare, bench.git(["--version"], cwd)], runsFactor * bench.parts.runs);
  return [{ kind: "comparison", work: "gitmidx --version", timings }];
}
