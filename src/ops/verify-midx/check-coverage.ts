/** Notes on what lies beside the multi-pack-index: nothing of it is damage. */

import { isGitmidxError } from "../../core/errors.js";
import { midxChunkNames } from "../../formats/midx/layout.js";
import { listNames, type ObjectDirectory } from "../../store/object-directory.js";
import { countObjects } from "../../store/open-idx.js";
import type { Reporter } from "./finding.js";
import type { OpenedLayers } from "./open-layers.js";
import type { TestedLayer } from "./tested-layer.js";

/** Notes packs without cover, layers that no chain file names, files left behind, and what some gits cannot read. */
export async function noteSurroundings(
  directory: ObjectDirectory,
  opened: OpenedLayers,
  reporter: Reporter,
): Promise<void> {
  await noteUncoveredPacks(directory, opened, reporter);
  const inChainDirectory = await listNames(directory.fs, directory.chainDirectory);
  noteOrphans(directory, opened, inChainDirectory, reporter);
  await noteLeftovers(directory, inChainDirectory, reporter);
  if (opened.kind === "chain") {
    const message = "a chain of layers is read by git 2.47 and later only; older gits do without a multi-pack-index";
    reporter.note({ code: "needs-newer-git", message, path: directory.chainPath });
  }
  for (const layer of opened.layers) {
    noteVersion(layer, reporter);
    noteUnknownChunks(layer, reporter);
  }
}

function noteVersion({ view, path }: TestedLayer, reporter: Reporter): void {
  if (view.version !== 2) return;
  reporter.note({
    code: "needs-newer-git",
    message: "version 2 is read by git 2.54 and later only; older gits refuse to work in this repository",
    path,
    chunk: "header",
    offset: 4,
    found: "2",
    wanted: "1",
    advice: "write it with midx.version=1 if older gits use this repository",
  });
}

/** A chunk of another id than readers know may come from a newer git, or be one of ours whose id was damaged. */
function noteUnknownChunks({ view, path }: TestedLayer, reporter: Reporter): void {
  for (const { name: chunk, offset } of view.layout.chunks) {
    if (midxChunkNames.includes(chunk)) continue;
    const message = `unknown chunk '${chunk}'; readers pass over it`;
    const advice = "nothing if a newer git wrote the file, else write it anew: gitmidx write";
    reporter.note({ code: "needs-newer-git", message, path, chunk, offset, advice });
  }
}

async function noteUncoveredPacks(directory: ObjectDirectory, opened: OpenedLayers, reporter: Reporter): Promise<void> {
  const covered = new Set(opened.layers.flatMap(({ view }) => view.packNames));
  for (const { name, idxPath } of await directory.listPacks()) {
    if (covered.has(name)) continue;
    const count = await objectCount(directory, idxPath);
    const objects =
      count === undefined ? "its index cannot be read" : `${count} objects, as far as no covered pack has them too`;
    const message = `the pack is not covered by the multi-pack-index: ${objects}`;
    reporter.note({ code: "uncovered-pack", message, path: idxPath });
  }
}

async function objectCount(directory: ObjectDirectory, idxPath: string): Promise<number | undefined> {
  try {
    return await countObjects(directory, idxPath);
  } catch (error) {
    if (isGitmidxError(error)) return undefined;
    throw error;
  }
}

function noteOrphans(
  directory: ObjectDirectory,
  opened: OpenedLayers,
  inChainDirectory: readonly string[],
  reporter: Reporter,
): void {
  if (opened.kind === "single" && opened.chain.length > 0) {
    const message = `a chain of ${opened.chain.length} layers lies beside the single multi-pack-index, which goes before it`;
    reporter.note({ code: "stale-file", message, path: directory.chainPath });
  }
  const inChain = new Set(opened.chain);
  for (const name of inChainDirectory) {
    const checksum = /^multi-pack-index-(.*)\.midx$/.exec(name)?.[1];
    if (checksum === undefined || inChain.has(checksum)) continue;
    const message = "the layer is not in the chain file";
    reporter.note({ code: "orphan-layer", message, path: `${directory.chainDirectory}/${name}` });
  }
}

async function noteLeftovers(
  directory: ObjectDirectory,
  inChainDirectory: readonly string[],
  reporter: Reporter,
): Promise<void> {
  for (const name of inChainDirectory) {
    if (!name.startsWith("tmp_midx_")) continue;
    const path = `${directory.chainDirectory}/${name}`;
    reporter.note({
      code: "stale-file",
      message: "a temporary file: being written, or left by a writer that was killed",
      path,
    });
  }
  for (const path of [`${directory.midxPath}.lock`, `${directory.chainPath}.lock`]) {
    if ((await directory.fs.stat(path)) === undefined) continue;
    const advice = "if no git or gitmidx process is running, remove it, or run gitmidx write --break-stale-lock";
    reporter.note({
      code: "locked",
      message: "a lock: somebody is writing, or was killed while writing",
      path,
      advice,
    });
  }
}
