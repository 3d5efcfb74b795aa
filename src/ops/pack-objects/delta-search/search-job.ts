/** The part of the search that a worker thread does: what it is sent, what it sends back. */

import { env } from "#env";
import type { ObjectFormatName } from "../../../core/oid.js";
import { objectFormatByName } from "../../../core/oid.js";
import type { DeflateOptions } from "../../../env/contract.js";
import { ObjectDirectory } from "../../../store/object-directory.js";
import { ObjectStore } from "../../../store/object-store.js";
import type { PackFs } from "../../../store/pack-fs.js";
import { ObjectReader } from "../object-reader.js";
import type { SearchList } from "./candidates.js";
import type { DeltaCacheContent } from "./delta-cache.js";
import { DeltaSearch, type SearchOptions } from "./window.js";

/** Where the objects are. */
export interface SearchedObjects {
  /** Absolute paths of the object directories, the repository's own first. */
  readonly directories: readonly string[];
  readonly format: ObjectFormatName;
  readonly useMidx: boolean;
  /** `core.deltaBaseCacheLimit` in bytes. */
  readonly deltaBaseCacheLimit: number | undefined;
}

/** The message to a worker. */
export interface DeltaSearchJob {
  readonly job: "delta-search";
  readonly objects: SearchedObjects;
  readonly list: SearchList;
  readonly search: SearchOptions;
  readonly deflate: DeflateOptions;
}

/** What a search has found, as it goes from thread to thread. */
export interface DeltaSearchReply {
  readonly bases: Int32Array;
  readonly deltaSizes: Float64Array;
  readonly cache: DeltaCacheContent;
  readonly warnings: readonly string[];
}

/** The store of the thread: the next piece of work is on the same objects. */
let opened: { readonly key: string; readonly store: ObjectStore } | undefined;

/** Does one piece of work. */
export async function runDeltaSearch(fs: PackFs, job: DeltaSearchJob): Promise<DeltaSearchReply> {
  const key = JSON.stringify(job.objects);
  if (opened?.key !== key) {
    const format = objectFormatByName(job.objects.format)!;
    const directories = job.objects.directories.map((path) => new ObjectDirectory(fs, path, format));
    const { useMidx, deltaBaseCacheLimit } = job.objects;
    opened = { key, store: await ObjectStore.open(directories, { useMidx, deltaBaseCacheLimit }) };
  }
  const reader = new ObjectReader(opened.store);
  const warnings: string[] = [];
  const read = (id: Uint8Array) => reader.readBytes(id);
  const deflater = env.createDeflater(job.deflate);
  const tools = { read, deflater, tick: () => undefined, warn: (message: string) => void warnings.push(message) };
  const { bases, deltaSizes, cache } = await new DeltaSearch(job.list, job.search, tools).run();
  return { bases, deltaSizes, cache: cache.content, warnings };
}
