/** `gitmidx verify`. */

import type { BitmapDepth } from "../../ops/verify-bitmaps/verify-bitmaps.js";
import type { Finding } from "../../ops/verify-midx/finding.js";
import { defineCommand, jsonOption, objectDirOption, progressOption } from "../command.js";
import { UsageError } from "../complaint.js";
import { exitStatus } from "../exit-status.js";
import { JsonWriter } from "../json.js";
import { openContextRepository } from "../open-repository.js";

export const command = defineCommand({
  name: "verify",
  summary: "Check a multi-pack-index, every layer, against its packs, and bitmaps",
  usage: ["[--object-dir=<directory>] [--bitmaps=(structure|full|none)]\n  [--[no-]progress] [--[no-]notes] [--json]"],
  options: {
    "object-dir": objectDirOption,
    bitmaps: {
      type: "optional-value",
      argument: "(structure|full|none)",
      help: "how thoroughly bitmaps are checked (structure)",
      complete: ["structure", "full", "none"],
    },
    progress: progressOption,
    notes: { type: "flag", help: "print notes too (default)" },
    json: jsonOption,
  },
  async run(context) {
    const { options, stdout } = context;
    const bitmaps = bitmapDepth(options.bitmaps);
    const { repository, directory } = await openContextRepository(context, options["object-dir"]);
    try {
      const wanted = ({ severity }: Finding) => severity === "error" || options.notes !== false;
      const json = options.json === true ? new JsonWriter(stdout) : undefined;
      const items = json?.openArray("findings");
      const finding = async (found: Finding) => {
        if (!wanted(found)) return;
        await (items === undefined ? stdout.write(findingText(found)) : items.write(found));
      };
      const report = await repository.verifyMidx({ directory, bitmaps, finding, keepFindings: 0, ...context.task() });
      await items?.end();
      const { findings: _, ...rest } = report;
      for (const [name, value] of Object.entries(rest)) await json?.member(name, value);
      await json?.end();
      if (!report.readable) return exitStatus.fatal;
      return report.errors > 0 ? exitStatus.found : exitStatus.done;
    } finally {
      await repository.close();
    }
  },
});

/** What `--bitmaps` asks for. */
function bitmapDepth(value: string | boolean | undefined): BitmapDepth {
  if (value === undefined || value === true || value === "structure") return "structure";
  if (value === "full") return value;
  if (value === false || value === "none") return "none";
  throw new UsageError(`--bitmaps=${value}: it is one of structure, full, none`);
}

/** A finding in lines. */
function findingText({ severity, path, chunk, offset, message, found, wanted, advice }: Finding): string {
  const place = [chunk, offset === undefined ? undefined : `at ${offset}`]
    .filter((part) => part !== undefined)
    .join(" ");
  const lines = [`${severity}: ${path}: ${place === "" ? "" : `${place}: `}${message}`];
  const facts = [
    found === undefined ? undefined : `found ${found}`,
    wanted === undefined ? undefined : `wanted ${wanted}`,
  ];
  const known = facts.filter((fact) => fact !== undefined);
  if (known.length > 0) lines.push(`  ${known.join(", ")}`);
  lines.push(`  ${advice}`);
  return `${lines.join("\n")}\n`;
}
