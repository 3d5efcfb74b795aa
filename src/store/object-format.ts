/** Which hash function names the objects of a directory that no repository tells about. */

import { withRanges } from "../bytes/source.js";
import { isGitmidxError } from "../core/errors.js";
import { isHex, type ObjectFormat, sha1, sha256 } from "../core/oid.js";
import { readMidxLayout } from "../formats/midx/layout.js";
import { ObjectDirectory } from "./object-directory.js";
import type { PackFs } from "./pack-fs.js";

const formats = [sha1, sha256] as const;

/**
 * The format that the files in an object directory show: that of its multi-pack-index, else that of a chain's or a pack's name.
 * @returns undefined if nothing there shows it.
 */
export async function detectObjectFormat(fs: PackFs, path: string): Promise<ObjectFormat | undefined> {
  const directory = new ObjectDirectory(fs, path, sha1);
  return (
    (await formatOfMidx(directory)) ??
    (await formatOfChain(directory)) ??
    formatOfName((await directory.listIdxNames()).map((name) => /^pack-([0-9a-f]+)\.idx$/.exec(name)?.[1] ?? ""))
  );
}

async function formatOfMidx({ fs, midxPath }: ObjectDirectory): Promise<ObjectFormat | undefined> {
  if (!(await isFile(fs, midxPath))) return undefined;
  const source = await fs.openSource(midxPath);
  try {
    return (await withRanges(() => readMidxLayout(source, undefined))).format;
  } catch (error) {
    if (isGitmidxError(error)) return undefined;
    throw error;
  } finally {
    source.close();
  }
}

async function formatOfChain({ fs, chainPath }: ObjectDirectory): Promise<ObjectFormat | undefined> {
  if (!(await isFile(fs, chainPath))) return undefined;
  return formatOfName(new TextDecoder("latin1").decode(await fs.readFile(chainPath)).split("\n", 1));
}

/** Whether there is a regular file: anything else shows nothing, and reading a FIFO or a device could go on for ever. */
async function isFile(fs: PackFs, path: string): Promise<boolean> {
  try {
    return (await fs.stat(path))?.kind === "file";
  } catch (error) {
    // A loop of links.
    if (isGitmidxError(error, "io")) return false;
    throw error;
  }
}

function formatOfName(names: readonly string[]): ObjectFormat | undefined {
  return formats.find(({ hexLength }) => names.some((name) => name.length === hexLength && isHex(name)));
}
