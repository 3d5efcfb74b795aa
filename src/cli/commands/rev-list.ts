/** `gitmidx rev-list`: `git rev-list`. */

import type { RevListRequest } from "../../ops/rev-list/request.js";
import { revList } from "../../ops/rev-list/rev-list.js";
import { defineCommand } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus, message } from "../exit-status.js";
import { openContextRevisions } from "../open-revisions.js";
import { ErrorExit, readRevListArguments } from "../rev-list-arguments.js";
import { revListOptions } from "../rev-list-options.js";

export const command = defineCommand({
  name: "rev-list",
  summary: "List the objects that revisions reach",
  usage: ["[<options>] <commit>..."],
  options: revListOptions,
  readsOptions: true,
  argumentCount: { min: 0, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { args, env, stdout, stderr } = context;
    const now = Math.floor(Date.now() / 1000);
    const read = readRevListArguments(args, { lines: () => context.lines(), now });
    const titled = read.progressTitle !== undefined || args.includes("--test-bitmap");
    const start = read.progressTitle === undefined ? "at once" : "late";
    const request: RevListRequest = { ...read, ...context.task({ shown: titled, start }) };
    const opened = await openContextRevisions(context);
    const { repository, revisions } = opened;
    try {
      const say = (kind: "warning" | "error" | "plain", text: string) =>
        void stderr.write(kind === "plain" ? `${text}\n` : message(kind, text)).catch(() => undefined);
      const { fs, format, config, directories } = repository;
      const { resolver, store, source } = revisions;
      const grafts = { shallowFile: env.GIT_SHALLOW_FILE, graftFile: env.GIT_GRAFT_FILE };
      const from = {
        fs,
        format,
        config,
        directories,
        places: source.places,
        resolver,
        store,
        plainStore: await revisions.plainStore(),
      };
      const outcome = await revList({ ...from, ...grafts, say }, request, (bytes) => stdout.write(bytes));
      if (outcome === "usage") throw new UsageError();
      return exitStatus.done;
    } catch (error) {
      if (!(error instanceof ErrorExit)) throw error;
      await stderr.write(message("error", error.message));
      return exitStatus.fatal;
    } finally {
      await opened.close();
    }
  },
});
