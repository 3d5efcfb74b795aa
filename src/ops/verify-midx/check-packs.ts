/** Each pack that a layer names must be there, open, and belong to its index. */

import { env } from "#env";
import { isGitmidxError } from "../../core/errors.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import type { IdxView } from "../../formats/idx/view.js";
import { packNameFault, quotePackName } from "../../formats/midx/pack-names.js";
import { checkPackFrame } from "../../formats/pack-frame.js";
import type { ObjectDirectory, PackFile } from "../../store/object-directory.js";
import { openIdx } from "../../store/open-idx.js";
import { type Reporter, reindexAdvice } from "./finding.js";
import type { TestedLayer, TestedPack } from "./tested-layer.js";

/** Opens the packs of all layers. Their indexes stay open. */
export async function openPacks(
  directory: ObjectDirectory,
  layers: readonly TestedLayer[],
  reporter: Reporter,
  task: TaskOptions,
): Promise<void> {
  const total = layers.reduce((sum, { view }) => sum + view.packNames.length, 0);
  const step = new Step(task, "Looking for referenced packfiles", total);
  const owners = new Map<string, string>();
  let position = 0;
  for (const layer of layers) {
    const packs: TestedPack[] = [];
    for (const name of layer.view.packNames) {
      const before = owners.get(name);
      if (before !== undefined && before !== layer.path) {
        const message = `pack ${quotePackName(name)} is in a lower layer too`;
        reporter.add({ code: "bad-pack-name", message, path: layer.path, chunk: "PNAM", found: before });
      }
      owners.set(name, layer.path);
      packs.push(await openPack(directory, layer, name, position++, reporter));
      await step.tick();
    }
    layer.packs = packs;
  }
  step.finish();
}

async function openPack(
  directory: ObjectDirectory,
  layer: TestedLayer,
  name: string,
  position: number,
  reporter: Reporter,
): Promise<TestedPack> {
  // The layout has reported a name that must not be joined to a path.
  if (packNameFault(name) !== undefined) return { name, file: undefined, idx: undefined };
  const file = await directory.packFile(name);
  if (file === undefined) {
    const wanted = directory.inPackDirectory(`${name.slice(0, -".idx".length)}.pack`);
    const message = `failed to load pack in position ${position}: ${quotePackName(name)}`;
    reporter.add({ code: "missing-pack", message, path: layer.path, chunk: "PNAM", found: "no such pack", wanted });
    return { name, file, idx: undefined };
  }
  const idx = await openTestedIdx(directory, file, reporter);
  if (idx !== undefined) await checkPack(directory, file, idx, reporter);
  return { name, file, idx };
}

async function openTestedIdx(
  directory: ObjectDirectory,
  file: PackFile,
  reporter: Reporter,
): Promise<IdxView | undefined> {
  const path = file.idxPath;
  try {
    return await openIdx(directory, path);
  } catch (error) {
    const found = isGitmidxError(error) ? error.message : undefined;
    const code = isGitmidxError(error, "not-found") ? "missing-index" : isGitmidxError(error) ? error.code : "io";
    const message = `failed to load pack-index for packfile ${file.packPath}`;
    reporter.addError(error, { path }, { code, message, found, advice: reindexAdvice });
    return undefined;
  }
}

/** The pack's header and trailer against the index. */
async function checkPack(directory: ObjectDirectory, file: PackFile, idx: IdxView, reporter: Reporter): Promise<void> {
  try {
    const source = await directory.fs.openSource(file.packPath);
    try {
      checkPackFrame(source, directory.format, idx.count, idx.packChecksum());
    } finally {
      source.close();
    }
  } catch (error) {
    reporter.addError(error, { path: file.packPath });
  }
}

/** Hashes every index and compares with its trailer. */
export async function checkIdxTrailers(
  layers: readonly TestedLayer[],
  reporter: Reporter,
  task: TaskOptions,
): Promise<void> {
  const indexes = layers.flatMap(({ packs }) => packs.flatMap(({ idx }) => (idx === undefined ? [] : [idx])));
  const step = new Step(task, "Verifying pack indexes", indexes.length);
  for (const idx of indexes) {
    const wanted = hashIdx(idx, idx.format);
    const found = toHex(idx.checksum());
    const path = idx.source.name;
    if (found !== wanted) {
      const offset = idx.source.size - idx.format.byteLength;
      const message = `Packfile index for ${path} hash mismatch`;
      const advice = reindexAdvice;
      reporter.add({ code: "bad-checksum", message, path, chunk: "trailer", offset, found, wanted, advice });
    }
    await step.tick(1 + idx.count / 16);
  }
  step.finish();
}

function hashIdx(idx: IdxView, format: ObjectFormat): string {
  const hasher = env.createHasher(format);
  for (const window of idx.source.windows(0, idx.source.size - format.byteLength)) hasher.update(window);
  return toHex(hasher.digest());
}
