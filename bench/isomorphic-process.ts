/** `node isomorphic-process.js MODULE JOB`: does a job with isomorphic-git, as its documentation has it done. */

import fs from "node:fs";

/** What is to be done. */
export type IsomorphicJob =
  | { readonly what: "read"; readonly gitdir: string; readonly oid: string }
  | { readonly what: "index"; readonly gitdir: string; readonly dir: string; readonly filepath: string };

/** The functions of isomorphic-git that are used. */
interface IsomorphicGit {
  readObject(options: { fs: unknown; gitdir: string; oid: string; format: "content" }): Promise<{ object: Uint8Array }>;
  indexPack(options: { fs: unknown; dir: string; gitdir: string; filepath: string }): Promise<{ oids: string[] }>;
}

const [module, text] = process.argv.slice(2);
if (module === undefined || text === undefined) throw new TypeError("usage: isomorphic-process.js MODULE JOB");
const { default: git } = (await import(module)) as { default: IsomorphicGit };
const job: IsomorphicJob = JSON.parse(text);
if (job.what === "read") {
  const { object } = await git.readObject({ fs, gitdir: job.gitdir, oid: job.oid, format: "content" });
  process.stdout.write(object);
} else {
  const { gitdir, dir, filepath } = job;
  const { oids } = await git.indexPack({ fs, dir, gitdir, filepath });
  process.stdout.write(`${oids.length}\n`);
}
