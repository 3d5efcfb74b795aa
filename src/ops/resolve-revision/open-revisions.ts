/** Opens what revisions and the objects that they name are read from. */

import type { ObjectFormat } from "../../core/oid.js";
import type { GitConfig } from "../../store/config/git-config.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import { ObjectStore } from "../../store/object-store.js";
import type { PackFs } from "../../store/pack-fs.js";
import type { RefStore } from "../../store/refs/ref-store.js";
import { Replacements, replaceRefBase } from "../../store/refs/replacements.js";
import { ObjectFinder } from "../find-object/object-finder.js";
import { RevisionResolver } from "./resolver.js";
import type { RevisionNote, RevisionObjects, RevisionPlaces, RevisionSource } from "./revision.js";

/** A repository, as far as its objects have names. */
export interface RevisionRepository {
  readonly fs: PackFs;
  readonly format: ObjectFormat;
  readonly config: GitConfig;
  readonly directories: readonly ObjectDirectory[];
  readonly refs: RefStore;
  readonly places: RevisionPlaces;
}

/** How objects are read. */
export interface RevisionOptions {
  /** Whether objects that replace refs name are read in place of others. Default true, unless `core.useReplaceRefs` is false. */
  readonly useReplaceRefs?: boolean | undefined;
  /** `GIT_REPLACE_REF_BASE`: where replace refs are. */
  readonly replaceRefBase?: string | undefined;
  /** Told what git would say. */
  readonly tell?: ((note: RevisionNote) => void) | undefined;
}

/** Objects and their names. Close it when done. */
export interface OpenRevisions {
  readonly source: RevisionSource;
  readonly resolver: RevisionResolver;
  readonly store: ObjectStore;
  /** The same objects without replacements: {@link store}, unless anything is replaced. It is closed with the rest. */
  plainStore(): Promise<ObjectStore>;
  close(): void;
}

/**
 * Opens a repository's objects and names.
 * @throws GitmidxError `bad-config`, `bad-ref`, or what the file system says
 */
export async function openRevisions(
  repository: RevisionRepository,
  options: RevisionOptions = {},
): Promise<OpenRevisions> {
  const { fs, format, config, refs, places } = repository;
  const tell = options.tell ?? (() => {});
  const warn = (text: string) => tell({ kind: "warning", text });
  const complain = (text: string) => tell({ kind: "error", text });
  const useMidx = config.bool("core.multiPackIndex") ?? true;
  const replaces = options.useReplaceRefs ?? config.bool("core.useReplaceRefs") ?? true;
  const base = options.replaceRefBase ?? replaceRefBase;
  const replacements = replaces ? await Replacements.read(refs, format, warn, base) : undefined;
  const replace =
    replacements === undefined || replacements.isEmpty
      ? undefined
      : (oid: Uint8Array) => replacements.replacementOf(oid);
  const deltaBaseCacheLimit = config.uint64("core.deltaBaseCacheLimit");
  const reading = { useMidx, warn, complain, replace, deltaBaseCacheLimit };
  const store = await ObjectStore.open(repository.directories, reading);
  const objects = new StoredObjects(store, repository.directories, useMidx);
  const source: RevisionSource = { fs, format, objects, refs, config, places, tell };
  let plain: ObjectStore | undefined;
  const plainStore = async () => {
    if (replace === undefined) return store;
    plain ??= await ObjectStore.open(repository.directories, { ...reading, replace: undefined });
    return plain;
  };
  const close = () => {
    store.close();
    plain?.close();
    objects.close();
  };
  return { source, resolver: new RevisionResolver(source), store, plainStore, close };
}

/** The objects of a store, with a search by prefix that is opened when it is first needed. */
class StoredObjects implements RevisionObjects {
  readonly #store: ObjectStore;
  readonly #directories: readonly ObjectDirectory[];
  readonly #useMidx: boolean;
  #finder: ObjectFinder | undefined;

  constructor(store: ObjectStore, directories: readonly ObjectDirectory[], useMidx: boolean) {
    this.#store = store;
    this.#directories = directories;
    this.#useMidx = useMidx;
  }

  read(oid: Uint8Array) {
    return this.#store.read(oid);
  }

  readHeader(oid: Uint8Array) {
    return this.#store.readHeader(oid);
  }

  async idsWithPrefix(prefix: string): Promise<readonly string[]> {
    this.#finder ??= await this.#open();
    const ids = await this.#finder.idsWithPrefix(prefix);
    if (ids.length > 0 || !(await this.#finder.isOutdated())) return ids;
    this.#finder.close();
    this.#finder = await this.#open();
    return this.#finder.idsWithPrefix(prefix);
  }

  async packedObjectCount(): Promise<number> {
    let count = 0;
    for (const pack of this.#store.packs()) count += (await pack.openIdx()).count;
    return count;
  }

  close(): void {
    this.#finder?.close();
  }

  #open(): Promise<ObjectFinder> {
    return ObjectFinder.open(this.#directories, { useMidx: this.#useMidx });
  }
}
