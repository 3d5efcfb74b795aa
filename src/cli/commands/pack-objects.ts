/** `gitmidx pack-objects`: `git pack-objects`. */

import { env } from "#env";
import { packSettingsOf } from "../../ops/pack-objects/settings.js";
import { defineCommand } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus, message } from "../exit-status.js";
import { openContextRepository } from "../open-repository.js";
import { packObjectsOptions } from "../pack-objects-options.js";
import { type PackRequest, packRequestOf } from "../pack-objects-request.js";
import { packSelectionOf } from "../pack-objects-select.js";
import { workerUrl } from "../pack-place.js";

export const command = defineCommand({
  name: "pack-objects",
  summary: "Make packs of objects",
  usage: [
    "[-q | --progress | --all-progress] [--all-progress-implied]\n" +
      "  [--no-reuse-delta] [--delta-base-offset] [--non-empty]\n" +
      "  [--local] [--incremental] [--window=<n>] [--depth=<n>]\n" +
      "  [--revs [--unpacked | --all]] [--keep-pack=<pack-name>]\n" +
      "  [--cruft] [--cruft-expiration=<time>]\n" +
      "  [--stdout [--filter=<filter-spec>] | <base-name>]\n" +
      "  [--shallow] [--keep-true-parents] [--[no-]sparse]\n" +
      "  [--name-hash-version=<n>] [--path-walk] [--deflate=(exact|fast)] < <object-list>",
  ],
  options: packObjectsOptions,
  argumentCount: { min: 0, max: 1 },
  completeArguments: "file",
  async run(context) {
    const { options, args, stdout, stderr } = context;
    const [base] = args;
    if ((options.stdout === true) !== (base === undefined)) throw new UsageError();
    const { repository } = await openContextRepository(context, undefined);
    const tell = (text: string) => void stderr.write(text).catch(() => undefined);
    const request: PackRequest = packRequestOf(options, {
      settings: packSettingsOf(repository.config),
      env: context.env,
      processors: env.processors,
      stderrIsTerminal: context.isTerminal.stderr,
      warn: (text) => tell(message("warning", text)),
    });
    const showsWriting = request.progress > (base === undefined ? 1 : 0);
    const task = context.task({ shown: request.progress > 0, start: "at once" });
    const { totals } = await repository.packObjects({
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
      select: packSelectionOf(context, options, request, repository.config),
      output:
        base === undefined
          ? { kind: "stream", write: (bytes) => stdout.write(bytes) }
          : { kind: "files", base: context.resolve(base), finished: (checksum) => stdout.write(`${checksum}\n`) },
      workerUrl,
      say: (kind, text) => {
        if (kind !== "note") tell(message(kind, text));
        else if (showsWriting) tell(`${text}\n`);
      },
    });
    if (request.progress > 0) tell(totalsLine(totals));
    return exitStatus.done;
  },
});

/** The counts that git ends with. */
function totalsLine({ written, deltas, reused, reusedDeltas }: Readonly<Record<string, number>>): string {
  return `Total ${written} (delta ${deltas}), reused ${reused} (delta ${reusedDeltas}), pack-reused 0 (from 0)\n`;
}
