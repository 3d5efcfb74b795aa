/** Makes objects loose that are packed no more, before their packs go. */

import { GitmidxError } from "../../core/errors.js";
import { toHex } from "../../core/oid.js";
import { durabilityOf } from "../../store/durability.js";
import { loosePath } from "../../store/loose.js";
import type { ObjectStore } from "../../store/object-store.js";
import { sharedPermissionsOf } from "../../store/permissions.js";
import { LooseWriter, looseCompressionLevel } from "../../store/write-loose.js";
import type { RevisionRepository } from "../resolve-revision/open-revisions.js";
import type { LooseningObject } from "./select/selection.js";
import type { PackingHost } from "./settings.js";

/**
 * Writes the objects as loose ones, as old as their packs say that they are.
 * @throws GitmidxError `missing-object` if one cannot be read; what the file system says.
 */
export async function loosen(
  { config, directories }: RevisionRepository,
  store: ObjectStore,
  objects: readonly LooseningObject[],
  host: PackingHost,
): Promise<void> {
  const directory = directories[0]!;
  const writer = new LooseWriter(directory, {
    level: looseCompressionLevel(config),
    shared: sharedPermissionsOf(config, { directorySetGid: host.directorySetGid }),
    sync: durabilityOf(config, { env: host.env ?? {} }).looseObject,
  });
  for (const { oid, mtime } of objects) {
    const object = await store.read(oid);
    if (object === undefined) throw new GitmidxError("missing-object", `cannot read object for ${toHex(oid)}`);
    await writer.write(oid, object.type, object.bytes);
    await directory.fs.touch(loosePath(directory, toHex(oid)), mtime);
  }
}
