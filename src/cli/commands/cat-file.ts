/** `gitmidx cat-file`: `git cat-file`. */

import { env } from "#env";
import { runBatch } from "../../ops/cat-file/batch.js";
import { showObject } from "../../ops/cat-file/show-object.js";
import { catFileOptions } from "../cat-file-options.js";
import { type CatFileRequest, readCatFileRequest, WrongCatFile } from "../cat-file-request.js";
import { type CommandContext, defineCommand } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus } from "../exit-status.js";
import { openContextRevisions } from "../open-revisions.js";
import { workerUrl } from "../pack-place.js";

export const command = defineCommand({
  name: "cat-file",
  summary: "Print the contents or details of objects",
  usage: [
    "<type> <object>",
    "(-e | -p | -t | -s) <object>",
    "(--batch | --batch-check | --batch-command) [--batch-all-objects]\n" +
      "  [--buffer] [--follow-symlinks] [--unordered] [--filter=<filter-spec>] [-Z]",
  ],
  options: catFileOptions,
  argumentCount: { min: 0, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, args, stdin, stdout } = context;
    const request = await readRequest(context, () => readCatFileRequest(options, args));
    const readsAsStored = request.kind === "batch" && request.batch.allObjects;
    const opened = await openContextRevisions(context, readsAsStored ? "as stored" : "replaced");
    const { revisions, repository } = opened;
    try {
      const write = (bytes: Uint8Array) => stdout.write(bytes);
      if (request.kind === "batch") {
        const { directories } = repository;
        const workers = { url: workerUrl, threads: env.processors };
        await runBatch({ revisions, directories, input: stdin, write, task: context, workers }, request.batch);
        return exitStatus.done;
      }
      const { source, resolver, store } = revisions;
      const shown = { source, resolver, objects: store, write };
      const there = await showObject(shown, request.revision, request.show);
      return there ? exitStatus.done : exitStatus.found;
    } finally {
      await opened.close();
    }
  },
});

/** What is asked for; of a wrong command line git says `fatal:` or `usage:` where other commands say `error:`. */
async function readRequest(
  { stderr }: Pick<CommandContext, "stderr">,
  read: () => CatFileRequest,
): Promise<CatFileRequest> {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WrongCatFile)) throw error;
    await stderr.write(error.prefix === "usage" ? `usage: ${error.message}\n` : `fatal: ${error.message}\n\n`);
    throw new UsageError("", error.prefix === "usage" ? "nowhere" : "stderr");
  }
}
