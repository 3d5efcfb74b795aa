/** `gitmidx show`. */

import { type FileEntry, fileEntries } from "../../ops/inspect/file-entries.js";
import type { FileReport } from "../../ops/inspect/file-report.js";
import { type CommandContext, defineCommand, jsonOption, objectDirOption } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus } from "../exit-status.js";
import { JsonWriter } from "../json.js";
import { entryText, fileText, summaryText } from "../show-text.js";
import { findShown, type Shown } from "../shown.js";

export const command = defineCommand({
  name: "show",
  summary: "Show what a multi-pack-index, pack index or reverse index holds",
  usage: ["[--object-dir=<directory>] [--objects] [--json] [<file> | <directory>]"],
  options: {
    "object-dir": objectDirOption,
    objects: { type: "flag", help: "list the entries too" },
    json: jsonOption,
  },
  argumentCount: { min: 0, max: 1 },
  completeArguments: "file",
  async run(context) {
    const { args, options } = context;
    if (args.length > 0 && options["object-dir"] !== undefined) {
      throw new UsageError("cannot use --object-dir with a file or directory");
    }
    const shown = await findShown(context, args[0], options["object-dir"]);
    const json = options.json === true ? new JsonWriter(context.stdout) : undefined;
    let problems = 0;
    const files = json?.openArray("files");
    for await (const report of shown.reports) {
      problems += report.problems.length;
      if (files === undefined) await writeText(context, shown, report);
      else await files.write(report);
    }
    await files?.end();
    if (options.objects === true) await writeEntries(context, shown, json);
    await json?.end();
    return problems > 0 ? exitStatus.found : exitStatus.done;
  },
});

async function writeText({ stdout }: Pick<CommandContext, "stdout">, shown: Shown, report: FileReport): Promise<void> {
  await stdout.write(shown.kind === "file" ? fileText(report) : summaryText(report, shown.packDirectory));
}

async function writeEntries(
  { stdout, signal }: Pick<CommandContext, "stdout" | "signal">,
  shown: Shown,
  json: JsonWriter | undefined,
): Promise<void> {
  const items = json?.openArray("entries");
  const batches: AsyncIterable<readonly FileEntry[]> =
    shown.kind === "file" ? fileEntries(shown.fs, shown.path, { signal }) : shown.entries();
  if (items === undefined) await stdout.write("\n");
  for await (const batch of batches) {
    if (items === undefined) await stdout.write(batch.map(entryText).join(""));
    else for (const entry of batch) await items.write(entry);
  }
  await items?.end();
}
