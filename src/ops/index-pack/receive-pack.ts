/** The first pass over a pack that comes in by a stream, which is written to a file on the way. */

import { GitmidxError } from "../../core/errors.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { WritableFile } from "../../store/pack-fs.js";
import { memoryFor, objectListener } from "./index-entries.js";
import type { PackFiles } from "./install.js";
import type { IndexPackOptions, PackStream } from "./options.js";
import { streamFeed } from "./pack-input.js";
import { hashedInput, readEntries, readPackHeader, readTrailer, tableFor } from "./read-entries.js";
import type { ReadPackFile } from "./read-pack-file.js";
import type { WorkerTeam } from "./worker-team.js";

/** A pack that has come in. */
export interface ReceivedPack {
  /** The file that it was written to, still open. */
  readonly file: WritableFile;
  readonly read: ReadPackFile;
  /** What was read and stands behind it. */
  readonly rest: Uint8Array;
}

/** @throws GitmidxError as `readPackFile`, and what the stream and the file system say. */
export async function receivePack(
  directory: ObjectDirectory,
  files: PackFiles,
  { stream, packPath, behind }: Pick<PackStream, "stream" | "packPath" | "behind">,
  options: IndexPackOptions,
  team: WorkerTeam,
): Promise<ReceivedPack> {
  const { format, detectCollisions = true, settings, progressTitle = "Receiving objects" } = options;
  const file =
    packPath === undefined
      ? await files.createTemporary(`${directory.packPath}/tmp_pack_XXXXXX`)
      : await files.create(packPath);
  const feed = streamFeed(stream);
  const hashed = hashedInput(feed, format, (bytes) => file.write(bytes));
  const { input } = hashed;
  const header = await readPackHeader(input);
  const memory = memoryFor(header, team);
  const table = tableFor(format, header.count, undefined, memory);
  await readEntries(hashed, header.count, progressTitle, table, {
    ...options,
    detectCollisions,
    bigFileThreshold: settings.bigFileThreshold,
    onObject: objectListener(() => table, options.received),
  });
  const checksum = await readTrailer(hashed, format);
  await file.write(checksum);
  if (behind === "refuse") {
    if (input.available === 0) await input.fill();
    if (input.available > 0)
      throw new GitmidxError("trailing-garbage", "pack has junk at the end", { offset: input.offset });
  }
  return { file, read: { header, table, checksum, memory }, rest: input.bytes.slice(input.at, input.end) };
}
