/** The first pass over a pack that lies on the disk. */

import { GitmidxError } from "../../core/errors.js";
import type { TableMemory } from "./entry-table.js";
import type { FirstPassOptions } from "./first-pass.js";
import { memoryFor, objectListener } from "./index-entries.js";
import type { IndexPackOptions, OpenedPack } from "./options.js";
import { sourceFeed } from "./pack-input.js";
import { hashedInput, type ReadPack, readEntries, readPackHeader, readTrailer, tableFor } from "./read-entries.js";
import { partsFor, readEntriesSplit } from "./split-pass.js";
import type { WorkerTeam } from "./worker-team.js";

/** A pack that has been read, and where its table is. */
export interface ReadPackFile extends ReadPack {
  readonly memory: TableMemory;
}

/**
 * Reads a pack from its first byte to its last.
 * @throws GitmidxError as `readPackHeader`, `FirstPass.run` and `readTrailer`; `trailing-garbage`
 */
export async function readPackFile(
  pack: OpenedPack,
  options: IndexPackOptions,
  team: WorkerTeam,
): Promise<ReadPackFile> {
  const { source } = pack;
  const { format, detectCollisions = true, settings, progressTitle = "Indexing objects" } = options;
  let hashed = hashedInput(sourceFeed(source, 0, source.size), format);
  const header = await readPackHeader(hashed.input);
  const memory = memoryFor(header, team);
  const table = tableFor(format, header.count, source.size, memory);
  const passOptions: FirstPassOptions = {
    ...options,
    detectCollisions,
    bigFileThreshold: settings.bigFileThreshold,
    onObject: objectListener(() => table, options.received),
  };
  const parts = memory === "shared" && options.received === undefined ? partsFor(source.size, team) : 1;
  if (parts > 1) {
    const request = { count: header.count, title: progressTitle, parts, team };
    hashed = await readEntriesSplit(pack, hashed, table, request, passOptions);
  } else await readEntries(hashed, header.count, progressTitle, table, passOptions);
  const checksum = await readTrailer(hashed, format);
  if (hashed.input.offset !== source.size) {
    const message = `pack has junk at the end\n${source.size - hashed.input.offset} bytes follow the trailer`;
    throw new GitmidxError("trailing-garbage", message, { path: source.name, offset: hashed.input.offset });
  }
  return { header, table, checksum, memory };
}
