/** `gitmidx pack-objects`: `git pack-objects`. */

import { env } from "#env";
import { packSettingsOf, usesPathWalk } from "../../ops/pack-objects/settings.js";
import { defineCommand } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus, message } from "../exit-status.js";
import { openContextRepository } from "../open-repository.js";
import { packFailure, packWriter } from "../pack-objects-failure.js";
import { packObjectsOptions, packObjectsUsage } from "../pack-objects-options.js";
import { type PackRequest, packRequestOf } from "../pack-objects-request.js";
import { packSelectionOf } from "../pack-objects-select.js";
import { totalsLine } from "../pack-objects-totals.js";
import { workerUrl } from "../pack-place.js";
import { inDirectory, pathsAsGiven } from "../paths-as-given.js";

export const command = defineCommand({
  name: "pack-objects",
  summary: "Make packs of objects",
  usage: packObjectsUsage,
  options: packObjectsOptions,
  argumentCount: { min: 0, max: 1 },
  completeArguments: "file",
  async run(context) {
    const { options, args, stdout, stderr } = context;
    const [base] = args;
    if ((options.stdout === true) !== (base === undefined)) throw new UsageError();
    const { repository } = await openContextRepository(context, undefined);
    const { config } = repository;
    const show = pathsAsGiven(context, repository, base);
    const tell = (text: string) => void stderr.write(show(text)).catch(() => undefined);
    const request: PackRequest = packRequestOf(options, {
      settings: packSettingsOf(config),
      usePathWalk: usesPathWalk(config),
      hasIslands: config.has("pack.island"),
      env: context.env,
      processors: env.processors,
      stderrIsTerminal: context.isTerminal.stderr,
      warn: (text) => tell(message("warning", text)),
      complain: (text) => tell(message("error", text)),
    });
    const showsWriting = request.progress > (base === undefined ? 1 : 0);
    const task = context.task({ shown: request.progress > 0, start: "at once" });
    const packing = repository.packObjects({
      ...request,
      signal: task.signal,
      progress: (event) => {
        if (showsWriting || event.title !== "Writing objects") task.progress?.(event);
      },
      local: options.local,
      incremental: options.incremental,
      honorPackKeep: options["honor-pack-keep"],
      keepPacks: options["keep-pack"],
      includeTag: options["include-tag"],
      deltaBaseOffset: options["delta-base-offset"],
      nonEmpty: options["non-empty"],
      select: packSelectionOf(context, options, request, config),
      output:
        base === undefined
          ? { kind: "stream", write: packWriter(stdout) }
          : { kind: "files", base: inDirectory(context.cwd, base), finished: (sum) => stdout.write(`${sum}\n`) },
      workerUrl,
      say: (kind, text) => {
        if (kind !== "note") tell(message(kind, text));
        else if (showsWriting) tell(`${text}\n`);
      },
    });
    const { totals } = await packing.catch((error: unknown) => {
      throw packFailure(error, show);
    });
    if (request.progress > 0) tell(totalsLine(totals));
    return exitStatus.done;
  },
});
