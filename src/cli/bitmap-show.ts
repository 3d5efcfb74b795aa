/** `gitmidx bitmap show`. */

import { GitmidxError } from "../core/errors.js";
import type { BitmapCommitReport, BitmapFileReport, PseudoMergeReport } from "../ops/bitmap-show/bitmap-report.js";
import { bitmapCommits, bitmapFiles, bitmapPseudoMerges } from "../ops/bitmap-show/show-bitmap.js";
import type { ShownBitmap } from "../ops/bitmap-show/shown-bitmap.js";
import type { OpenBitmapChoice } from "../repository-bitmaps.js";
import { parentDirectory } from "../store/paths.js";
import type { bitmapOptions } from "./bitmap-options.js";
import type { CommandContext } from "./command.js";
import { FatalError, UsageError } from "./complaint.js";
import { exitStatus, message } from "./exit-status.js";
import { JsonWriter } from "./json.js";
import { openContextRepository } from "./open-repository.js";
import { openBitmapToShow } from "./open-shown-bitmap.js";
import { problemLine, sectionText } from "./show-text.js";

type Context = CommandContext<typeof bitmapOptions>;

/** @param file path of a bitmap; undefined for the one that is asked for by options, or in use. */
export async function showBitmap(context: Context, file: string | undefined): Promise<number> {
  const { options, stderr, signal } = context;
  const { pack, midx } = options;
  if ([pack, midx, file].filter((given) => given !== undefined).length > 1)
    throw new UsageError("a file, --pack and --midx cannot be given together");
  if (file !== undefined && options["object-dir"] !== undefined)
    throw new UsageError("cannot use --object-dir with a file");
  const path = file === undefined ? undefined : context.resolve(file);
  const place = path === undefined ? { objectDir: options["object-dir"], choice: { pack, midx } } : placeOf(path);
  const { repository, directory } = await openContextRepository(context, place.objectDir);
  const chosen = place.objectDir === undefined ? place.choice : { ...place.choice, directory };
  const warn = (text: string) => void stderr.write(message("warning", text)).catch(() => undefined);
  const { shown, unusable } = await openBitmapToShow(repository, chosen, path !== undefined, warn, signal);
  if (shown === undefined) throw new FatalError("there is no bitmap");
  try {
    const layer = path === undefined ? undefined : shown.layers.findIndex((each) => each.path === path);
    if (layer === -1) throw new FatalError(`'${file}' is the bitmap of no multi-pack-index that is in use`);
    const status = await writeReports(context, shown, layer);
    return unusable && layer === undefined ? exitStatus.found : status;
  } finally {
    shown.close();
  }
}

/** The object directory of a bitmap, and of what there it is the bitmap. */
function placeOf(path: string): { readonly objectDir: string; readonly choice: OpenBitmapChoice } {
  const folder = parentDirectory(path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const packs = folder.endsWith("/multi-pack-index.d") ? parentDirectory(folder) : folder;
  if (!packs.endsWith("/pack") || !name.endsWith(".bitmap")) {
    const text = `'${path}' is no bitmap in the directory 'pack' of an object directory`;
    throw new GitmidxError("not-found", text, { path });
  }
  const objectDir = parentDirectory(packs);
  if (name.startsWith("multi-pack-index-")) return { objectDir, choice: { midx: true } };
  return { objectDir, choice: { pack: name } };
}

/** @param layer the one to show; all unless given. */
async function writeReports(context: Context, shown: ShownBitmap, layer: number | undefined): Promise<number> {
  const { stdout, options, signal } = context;
  const isShown = (report: { readonly layer: number }) => layer === undefined || report.layer === layer;
  const files = (await bitmapFiles(shown)).filter(isShown);
  let problems = files.reduce((count, file) => count + file.problems.length, 0);
  const json = options.json === true ? new JsonWriter(stdout) : undefined;
  await json?.member("kind", shown.kind);
  await json?.array("files", files);
  if (json === undefined) for (const file of files) await stdout.write(fileText(shown.kind, file));
  const commits = json?.openArray("commits");
  if (json === undefined) await stdout.write("\n");
  for await (const commit of bitmapCommits(shown, { signal })) {
    if (!isShown(commit)) continue;
    if (commit.problem !== undefined) problems++;
    await (commits === undefined ? stdout.write(commitText(commit)) : commits.write(commit));
  }
  await commits?.end();
  const merges = json?.openArray("pseudoMerges");
  for await (const merge of bitmapPseudoMerges(shown)) {
    if (!isShown(merge)) continue;
    if (merge.problem !== undefined) problems++;
    await (merges === undefined ? stdout.write(mergeText(merge)) : merges.write(merge));
  }
  await merges?.end();
  await json?.end();
  return problems > 0 ? exitStatus.found : exitStatus.done;
}

function fileText(kind: ShownBitmap["kind"], file: BitmapFileReport): string {
  const { layer, path, flags, flagNames, objects, firstBit, nameHashes, types, parts, problems } = file;
  const what = { pack: "of a pack", single: "of a multi-pack-index", chain: `of layer ${layer}` }[kind];
  const facts: readonly (readonly [name: string, value: string | number | undefined])[] = [
    ["size", file.byteLength === undefined ? undefined : `${file.byteLength} bytes`],
    ["version", file.version],
    ["hash", file.hash],
    ["flags", flags === undefined ? undefined : `0x${flags.toString(16)} ${flagNames!.join(" ")}`.trimEnd()],
    ["belongs to", file.owner],
    ["checksum", file.checksum],
    ["objects", firstBit === 0 ? objects : `${objects} from bit ${firstBit}`],
    ["commits", file.commits],
    ["name hashes", nameHashes === undefined ? "none" : `${nameHashes} of ${objects}`],
    ["pseudo-merges", file.pseudoMerges],
  ];
  return [
    `bitmap ${what} ${path}\n`,
    ...facts.map(([name, value]) => (value === undefined ? "" : `  ${name.padEnd(16)}${value}\n`)),
    sectionText(
      "types",
      types.map(({ type, objects: count, byteLength }) => [`${type}s`, `${count} objects`, `${byteLength} bytes`]),
    ),
    sectionText(
      "parts",
      parts.map(({ name, offset, byteLength }) => [name, `at ${offset}`, `${byteLength} bytes`]),
    ),
    ...problems.map(problemLine),
  ].join("");
}

function commitText(report: BitmapCommitReport): string {
  const { commit, bit, objects, offset, byteLength, flags, xorBase, xorOffset, chainLength, problem } = report;
  const words = [
    commit ?? `position ${report.position}`,
    `bit ${bit ?? "?"}`,
    `${objects ?? "?"} objects`,
    `${byteLength} bytes at ${offset}`,
  ];
  if (flags !== 0) words.push(`flags 0x${flags.toString(16)}`);
  if (xorBase !== undefined) words.push(`xor ${xorBase} (${xorOffset} before, chain of ${chainLength})`);
  return `${words.join(", ")}\n${problem === undefined ? "" : `  problem: ${problem}\n`}`;
}

function mergeText({ number, commits, objects, problem }: PseudoMergeReport): string {
  const line = `pseudo-merge ${number}, ${commits ?? "?"} commits, ${objects ?? "?"} objects\n`;
  return `${line}${problem === undefined ? "" : `  problem: ${problem}\n`}`;
}
