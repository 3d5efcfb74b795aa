/** What a repository gives for bitmaps to be made from. */

import { checkBitmapChoices } from "./bitmap-choices.js";
import { isGitmidxError } from "./core/errors.js";
import type { ObjectFormat } from "./core/oid.js";
import type { RevisionPlaces } from "./ops/resolve-revision/revision.js";
import type { BitmapRepository } from "./ops/write-bitmap/repository-bitmap.js";
import {
  type WritePackBitmapOptions,
  type WritePackBitmapResult,
  writePackBitmap,
} from "./ops/write-bitmap/write-pack-bitmap.js";
import type { WriteBitmapOptions } from "./repository-options.js";
import { type HostFacts, midxWritingOf } from "./settings.js";
import { objectDirectories } from "./store/alternates.js";
import type { GitConfig } from "./store/config/git-config.js";
import { ObjectDirectory } from "./store/object-directory.js";
import type { PackFs } from "./store/pack-fs.js";
import type { RefStore } from "./store/refs/ref-store.js";

/** A repository, or an object directory alone: then it has neither places nor refs. */
interface Opened {
  readonly fs: PackFs;
  readonly format: ObjectFormat;
  readonly config: GitConfig;
  readonly directories: readonly ObjectDirectory[];
  readonly refs: RefStore;
  readonly places: RevisionPlaces;
}

/**
 * Refs and objects of a repository, without replacements.
 * @param directory the object directory whose bitmap it is.
 */
export async function bitmapRepositoryOf(
  repository: Opened,
  { env = {} }: HostFacts,
  directory: ObjectDirectory,
): Promise<BitmapRepository> {
  const { fs, format, config } = repository;
  const places = placesOf(repository);
  const shared = { fs, format, config, shallowFile: env.GIT_SHALLOW_FILE, graftFile: env.GIT_GRAFT_FILE };
  const known = repository.directories.some(({ path }) => path === directory.path);
  const directories = known ? repository.directories : [directory, ...repository.directories];
  if (places === undefined) return { ...shared, directories, refs: undefined, commonDir: undefined };
  const { refs } = repository;
  const { commonDir } = places;
  // Where another object directory is worked on, refs may name objects of the repository's own.
  const own = await objectDirectories(fs, { objectDirectory: `${commonDir}/objects`, baseDirectory: commonDir });
  const paths = new Set([...directories.map(({ path }) => path), ...own.directories]);
  const all = [...paths].map(
    (path) => directories.find((each) => each.path === path) ?? new ObjectDirectory(fs, path, format),
  );
  return { ...shared, directories: all, refs, commonDir };
}

/** `Repository.writePackBitmap`. */
export async function writePackBitmapOf(
  repository: Opened & { directoryAt(path?: string): ObjectDirectory },
  host: HostFacts,
  pack: string,
  options: WriteBitmapOptions & Pick<WritePackBitmapOptions, "warn">,
): Promise<WritePackBitmapResult> {
  checkBitmapChoices(options);
  if (typeof pack !== "string") throw new TypeError("the pack must be given by its name");
  const { refsSnapshot, nameHash, workerUrl, signal, progress, warn } = options;
  const directory = repository.directoryAt(options.directory);
  const { settings, warnings } = midxWritingOf(repository.config, host, false);
  for (const warning of warnings) warn?.(warning);
  const from = await bitmapRepositoryOf(repository, host, directory);
  const choices = { refsSnapshot, nameHash, workerUrl };
  return writePackBitmap(from, directory, pack, { ...choices, signal, progress, settings, warn });
}

function placesOf(repository: Opened): RevisionPlaces | undefined {
  try {
    return repository.places;
  } catch (error) {
    if (isGitmidxError(error, "not-a-repository")) return undefined;
    throw error;
  }
}
