/** Every check, in the order in which they are made and reported: reading what is there, then writing in a scratch copy. */

import type { Check } from "./check.js";
import { check as bitmaps } from "./checks/bitmaps.js";
import { check as contents } from "./checks/contents.js";
import { check as fsck } from "./checks/fsck.js";
import { check as lookups } from "./checks/lookups.js";
import { check as objects } from "./checks/objects.js";
import { check as packs } from "./checks/packs.js";
import { check as readBack } from "./checks/read-back.js";
import { check as repository } from "./checks/repository.js";
import { check as verification } from "./checks/verification.js";
import { check as writeChain } from "./checks/write-chain.js";
import { check as writeMigration } from "./checks/write-migration.js";
import { check as writeOver } from "./checks/write-over.js";
import { check as writePreferred } from "./checks/write-preferred.js";
import { check as writeReverseIndex } from "./checks/write-reverse-index.js";
import { check as writeSingle } from "./checks/write-single.js";
import { check as writeStdinPacks } from "./checks/write-stdin-packs.js";
import { check as writeVersion2 } from "./checks/write-version-2.js";

/** The checks. A capability adds a file to `checks/` and a row here. */
export const checks: readonly Check[] = [
  repository,
  packs,
  verification,
  objects,
  contents,
  lookups,
  bitmaps,
  writeSingle,
  writePreferred,
  writeStdinPacks,
  writeOver,
  writeReverseIndex,
  writeVersion2,
  writeChain,
  writeMigration,
  readBack,
  fsck,
];
