/** The first part of verify: which files make up the multi-pack-index, and whether their structure holds. */

import { env } from "#env";
import { toHex } from "../../core/oid.js";
import { Step, type TaskOptions } from "../../core/task.js";
import { type ChainLine, parseChain } from "../../formats/midx/chain.js";
import { readMidxLayout } from "../../formats/midx/layout.js";
import { canView, MidxView } from "../../formats/midx/view.js";
import { readChainFile } from "../../store/chain-file.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { Reporter } from "./finding.js";
import type { TestedLayer } from "./tested-layer.js";

/** What there is to test. */
export interface OpenedLayers {
  readonly kind: "single" | "chain" | "none";
  /** Those that can be viewed, oldest first. */
  readonly layers: readonly TestedLayer[];
  /** Checksums that the chain file names, oldest first. */
  readonly chain: readonly string[];
}

/** Opens the single file, or else every layer that the chain file names, and reports what is wrong with their structure. */
export async function openLayers(directory: ObjectDirectory, reporter: Reporter): Promise<OpenedLayers> {
  const chain = await readChain(directory, reporter);
  if ((await directory.fs.stat(directory.midxPath)) !== undefined) {
    const view = await openFile(directory, directory.midxPath, reporter);
    const layers = view === undefined ? [] : [{ view, path: directory.midxPath, objectsBelow: 0, packs: [] }];
    return { kind: "single", layers, chain: chain?.map(({ checksum }) => checksum) ?? [] };
  }
  if (chain === undefined) return { kind: "none", layers: [], chain: [] };
  const layers: TestedLayer[] = [];
  let objectsBelow: number | undefined = 0;
  const seen = new Set<string>();
  for (const line of chain) {
    // A layer that stands there again has been reported with the chain file; testing it again would tell nothing new.
    const isNew = !seen.has(line.checksum);
    seen.add(line.checksum);
    const view = isNew ? await openLayer(directory, line, reporter) : undefined;
    if (view === undefined) {
      objectsBelow = undefined;
      continue;
    }
    layers.push({ view, path: view.source.name, objectsBelow, packs: [] });
    if (objectsBelow !== undefined) objectsBelow += view.count;
  }
  return { kind: "chain", layers, chain: chain.map(({ checksum }) => checksum) };
}

/** The lines of the chain file; undefined if there is none, or an empty one, which git takes for none. */
async function readChain(directory: ObjectDirectory, reporter: Reporter): Promise<readonly ChainLine[] | undefined> {
  const path = directory.chainPath;
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readChainFile(directory);
  } catch (error) {
    reporter.addError(error, { path });
    return [];
  }
  if (bytes === undefined || bytes.length === 0) return undefined;
  const { lines, problems } = parseChain(bytes, directory.format);
  for (const { code, message, offset } of problems) {
    const wanted = `one checksum of ${directory.format.hexLength} lower-case hex digits a line, a line feed behind each`;
    reporter.add({ code, message, path, offset, wanted });
  }
  return lines;
}

async function openLayer(
  directory: ObjectDirectory,
  line: ChainLine,
  reporter: Reporter,
): Promise<MidxView | undefined> {
  const path = directory.layerPath(line.checksum, "midx");
  if ((await directory.fs.stat(path)) === undefined) {
    const message = `unable to find all multi-pack index files: layer ${line.checksum} of line ${line.line} is missing`;
    reporter.add({
      code: "missing-layer",
      message,
      path: directory.chainPath,
      offset: line.offset,
      found: "no file",
      wanted: path,
    });
    return undefined;
  }
  const view = await openFile(directory, path, reporter);
  if (view !== undefined && view.checksumHex() !== line.checksum) {
    const message = `the layer's content has another checksum than its name`;
    const offset = view.source.size - view.format.byteLength;
    reporter.add({
      code: "layer-name-mismatch",
      message,
      path,
      chunk: "trailer",
      offset,
      found: view.checksumHex(),
      wanted: line.checksum,
    });
  }
  return view;
}

/** Opens one file and reports every problem of its structure; undefined if no view of it can be made. */
async function openFile(directory: ObjectDirectory, path: string, reporter: Reporter): Promise<MidxView | undefined> {
  let source: Awaited<ReturnType<ObjectDirectory["fs"]["openSource"]>> | undefined;
  try {
    source = await directory.fs.openSource(path);
    const layout = readMidxLayout(source, directory.format);
    for (const { code, message, chunk, offset } of layout.problems)
      reporter.add({ code, message, path, chunk, offset });
    if (layout.header.unused !== 0) {
      const found = String(layout.header.unused);
      const message = "byte 7 of the header is not 0, as git writes it";
      reporter.add({ code: "bad-header", message, path, chunk: "header", offset: 7, found, wanted: "0" });
    }
    if (canView(layout)) return new MidxView(source, layout);
  } catch (error) {
    reporter.addError(error, { path });
  }
  source?.close();
  return undefined;
}

/** Hashes every layer and compares with what its trailer says. */
export async function checkTrailers(
  layers: readonly TestedLayer[],
  reporter: Reporter,
  task: TaskOptions,
): Promise<void> {
  const step = new Step(
    task,
    "Verifying checksums",
    layers.reduce((sum, { view }) => sum + view.source.size, 0),
  );
  for (const { view, path } of layers) {
    const hasher = env.createHasher(view.format);
    const end = view.source.size - view.format.byteLength;
    for (const window of view.source.windows(0, end)) {
      hasher.update(window);
      await step.tick(window.length);
    }
    const computed = toHex(hasher.digest());
    const stored = view.checksumHex();
    if (computed === stored) continue;
    reporter.add({
      code: "bad-checksum",
      message: "incorrect checksum",
      path,
      chunk: "trailer",
      offset: end,
      found: stored,
      wanted: computed,
    });
  }
  step.finish();
}
