/** Reports on a chain file and on the layers that lie beside it. */

import { withRanges } from "../../bytes/source.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { parseChain } from "../../formats/midx/chain.js";
import { openMidx } from "../../formats/midx/view.js";
import type { PackFs } from "../../store/pack-fs.js";
import { parentDirectory } from "../../store/paths.js";
import { type FileReport, type InspectedLayer, type InspectedProblem, problemOf } from "./file-report.js";

export async function inspectChain(fs: PackFs, path: string, format: ObjectFormat): Promise<FileReport> {
  const bytes = await fs.readFile(path);
  const { lines, problems: faults } = parseChain(bytes, format);
  const problems: InspectedProblem[] = faults.map(({ code, message, offset }) => ({ code, message, offset }));
  const layers: InspectedLayer[] = [];
  const parts = lines.map(({ line, offset }) => {
    return { name: `line ${line}`, offset, byteLength: Math.min(format.hexLength + 1, bytes.length - offset) };
  });
  for (const { checksum, offset } of lines) {
    const layerPath = `${parentDirectory(path)}/multi-pack-index-${checksum}.midx`;
    const counts = await countsOf(fs, layerPath, format, (problem) => problems.push({ ...problem, offset }));
    if (counts !== undefined && counts.checksum !== checksum) {
      const message = `the layer's content has another checksum than its name: ${counts.checksum}`;
      problems.push({ code: "layer-name-mismatch", message, offset });
    }
    layers.push({ checksum, objects: counts?.objects, packs: counts?.packs });
  }
  const byteLength = bytes.length;
  return { kind: "multi-pack-index-chain", path, byteLength, hash: format.name, parts, layers, problems };
}

/** What a layer holds; undefined, and told as a problem of the chain, if that cannot be read. */
async function countsOf(
  fs: PackFs,
  path: string,
  format: ObjectFormat,
  tell: (problem: InspectedProblem) => void,
): Promise<{ readonly objects: number; readonly packs: number; readonly checksum: string } | undefined> {
  try {
    if ((await fs.stat(path)) === undefined) {
      tell({ code: "missing-layer", message: `unable to find all multi-pack index files: there is no ${path}` });
      return undefined;
    }
    const source = await fs.openSource(path);
    try {
      return await withRanges(() => {
        const view = openMidx(source, format);
        return { objects: view.count, packs: view.packNames.length, checksum: toHex(view.checksum()) };
      });
    } finally {
      source.close();
    }
  } catch (error) {
    const { code, message } = problemOf(error);
    tell({ code, message: `${path}: ${message}` });
    return undefined;
  }
}
