/** What a worker thread of Node runs: the parts of operations that are done beside others, each loaded when it is first asked for. */

import { env } from "#env";
import { NodeFs } from "./store/node-fs.js";
import type { PackFs } from "./store/pack-fs.js";

/** A message to a worker: which job, and what the job wants to know. */
interface JobMessage {
  readonly job: string;
}

/** Does one job, with the files of this machine. */
type JobHandler = (fs: PackFs, message: never) => unknown;

/** The jobs by name: each row imports the operation's module when it is needed. */
const jobs: Readonly<Record<string, () => Promise<JobHandler>>> = {
  "index-pack-entries": async () => (await import("./ops/index-pack/split-pass.js")).readPartJob,
  "index-pack-deltas": async () => (await import("./ops/index-pack/second-pass.js")).resolveDeltasJob,
  "cat-file-inflate": async () => (await import("./ops/cat-file/inflate-ahead.js")).inflateBlockJob,
  "bitmap-trees": async () => (await import("./ops/write-bitmap/build/expand-job.js")).expandTreesJob,
  "delta-search": async () => (await import("./ops/pack-objects/delta-search/search-job.js")).runDeltaSearch,
};

const fs = new NodeFs();

env.serve(async (message) => {
  const { job } = message as JobMessage;
  const load = Object.hasOwn(jobs, job) ? jobs[job] : undefined;
  if (load === undefined) throw new TypeError(`there is no job '${job}'`);
  const handler = await load();
  return handler(fs, message as never);
});
