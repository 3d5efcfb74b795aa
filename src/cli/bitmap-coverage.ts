/** `gitmidx bitmap coverage`. */

import {
  type CoverageTip,
  type CoverageTotals,
  measureCoverage,
  type ObjectCounts,
  type TipCoverage,
} from "../ops/bitmap-coverage/coverage.js";
import { readGrafts } from "../ops/walk/grafts.js";
import { ObjectGraph } from "../ops/walk/object-graph.js";
import { openChosenBitmap } from "../repository-bitmaps.js";
import type { RefStore } from "../store/refs/ref-store.js";
import type { bitmapOptions } from "./bitmap-options.js";
import type { CommandContext } from "./command.js";
import { FatalError } from "./complaint.js";
import { exitStatus, message } from "./exit-status.js";
import { JsonWriter } from "./json.js";
import { openContextRevisions } from "./open-revisions.js";

/** @param names revisions; all refs and HEAD if there are none. */
export async function showCoverage(
  context: CommandContext<typeof bitmapOptions>,
  names: readonly string[],
): Promise<number> {
  const { stdout, stderr, options, env } = context;
  const { repository, revisions, close } = await openContextRevisions(context, "as stored");
  const warn = (text: string) => void stderr.write(message("warning", text)).catch(() => undefined);
  const index = await openChosenBitmap(repository, {}, warn);
  try {
    const tips: CoverageTip[] = [];
    for (const name of names) {
      const resolution = await revisions.resolver.resolve(name);
      if (resolution.outcome !== "found") throw new FatalError(`bad revision '${name}'`);
      tips.push({ name, oid: resolution.oid });
    }
    if (names.length === 0) tips.push(...(await allTips(repository.refs)));
    const places = { ...repository.places, shallowFile: env.GIT_SHALLOW_FILE, graftFile: env.GIT_GRAFT_FILE };
    const grafts = await readGrafts(repository.fs, repository.format, places, warn);
    const graph = new ObjectGraph(repository.format, revisions.store, grafts);
    const json = options.json === true ? new JsonWriter(stdout) : undefined;
    await json?.member("bitmap", index === undefined ? null : { kind: index.kind, path: index.path });
    const items = json?.openArray("tips");
    const tell = (tip: TipCoverage) => (items === undefined ? stdout.write(tipText(tip)) : items.write(tip));
    const totals = await measureCoverage({ index, graph, tips, ...context.task() }, tell);
    await items?.end();
    await json?.member("totals", totals);
    await json?.end();
    if (json === undefined) await stdout.write(totalsText(index?.path, totals));
    return exitStatus.done;
  } finally {
    index?.close();
    await close();
  }
}

/** What a clone takes: every ref, and a HEAD that is none of them. */
async function allTips(refs: RefStore): Promise<readonly CoverageTip[]> {
  const tips: CoverageTip[] = [];
  for (const { name, oid } of await refs.list("refs/")) if (oid !== undefined) tips.push({ name, oid });
  const head = await refs.resolve("HEAD");
  if (head !== undefined && !tips.some(({ name }) => name === head.name)) tips.push({ name: "HEAD", oid: head.oid });
  return tips;
}

function tipText(tip: TipCoverage): string {
  const { name, type, commit, distance, nearest, inside, walked, outside } = tip;
  if (type === undefined) return `${name}: the object ${tip.oid} is missing\n`;
  const words = [`${name}:`];
  if (commit === undefined) words.push(`a ${type}`);
  else if (distance === undefined) words.push("no bitmap");
  else if (distance === 0) words.push("has a bitmap");
  else words.push(`${distance} ${distance === 1 ? "commit" : "commits"} from the bitmap of ${nearest}`);
  if (!inside) words[words.length - 1] += ", outside";
  const walk = countsText(walked);
  if (walk !== "") words[words.length - 1] += `; walks ${walk}`;
  const without = countsText(outside);
  if (without !== "") words[words.length - 1] += ` (outside: ${without})`;
  return `${words.join(" ")}\n`;
}

function totalsText(path: string | undefined, totals: CoverageTotals): string {
  const { tips, bitmapped, answered, walked, outside } = totals;
  return [
    "\n",
    path === undefined ? "there is no bitmap\n" : `bitmap           ${path}\n`,
    `tips             ${tips}, ${bitmapped} with a bitmap\n`,
    `from bitmaps     ${answered} objects\n`,
    `to be walked     ${countsText(walked) || "nothing"}\n`,
    `of them outside  ${countsText(outside) || "nothing"}\n`,
  ].join("");
}

/** The counts that are not 0. */
function countsText({ commits, trees, blobs, tags }: ObjectCounts): string {
  const counts = [
    [commits, "commit"],
    [trees, "tree"],
    [blobs, "blob"],
    [tags, "tag"],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}${count === 1 ? "" : "s"}`)
    .join(", ");
}
