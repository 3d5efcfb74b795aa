/**
 * Gitmidx as a library, for every platform: nothing here needs Node. Under Node the package is `node.ts`, which adds repositories on
 * disk to this.
 */

export { FetchedSource, type FetchRange, PageCache, PagedSource, type ReadRange } from "./bytes/paged-source.js";
export { ByteSource, MemorySource, NeedRange, type RangeSource, withRanges } from "./bytes/source.js";
export { type ErrorCode, type ErrorPlace, errorCodes, GitmidxError, isGitmidxError } from "./core/errors.js";
export {
  type ObjectFormat,
  type ObjectFormatName,
  type OidPrefix,
  objectFormatByName,
  oidFromHex,
  oidPrefixFromHex,
  sha1,
  sha256,
  toHex,
} from "./core/oid.js";
export type {
  BitPosition,
  IdxPosition,
  LayerPackId,
  LayerPosition,
  MidxPosition,
  PackId,
  PackPosition,
} from "./core/positions.js";
export type { ProgressEvent, TaskOptions } from "./core/task.js";
export { IdxView } from "./formats/idx/view.js";
export { type ChainFile, type ChainLine, type ChainProblem, parseChain } from "./formats/midx/chain.js";
export { type BitmappedPack, MidxView, openMidx } from "./formats/midx/view.js";
export { type PackOrder, RevView } from "./formats/rev.js";
export type {
  FoundObject,
  Lookup,
  LooseCopy,
  MidxEntry,
  ObjectCopy,
  PackedCopy,
} from "./ops/find-object/found-object.js";
export type { LookupOptions } from "./ops/find-object/object-finder.js";
export { objectsById } from "./ops/list-objects/by-id.js";
export { objectsByPseudoPack } from "./ops/list-objects/by-pseudo-pack.js";
export type { ListedObject } from "./ops/list-objects/listed-object.js";
export type { Finding, FindingSeverity } from "./ops/verify-midx/finding.js";
export type { VerifiedLayer, VerifyReport } from "./ops/verify-midx/verify-midx.js";
export type { WriteMidxResult } from "./ops/write-midx/options.js";
export {
  type DirectoryChoice,
  type ListOptions,
  Repository,
  type RepositoryEvents,
  type RepositorySource,
  type VerifyOptions,
  type WriteOptions,
} from "./repository.js";
export type { HostFacts } from "./settings.js";
export { type ConfigEntry, type ConfigOrigin, type ConfigScope, GitConfig } from "./store/config/git-config.js";
export type { ConfigParameter } from "./store/config/parameters.js";
export { type DiscoverRequest, discoverRepository, type RepositoryLocation } from "./store/discover.js";
export { blobFiles, type FetchFunction, type NamedBlob, urlFiles } from "./store/fetched-files.js";
export { type FetchedFile, type FetchedFiles, FetchedFs, type FetchedFsOptions } from "./store/fetched-fs.js";
export { type OpenMidxFromOptions, openMidxFrom } from "./store/fetched-midx.js";
export { MemoryFs, type MemoryFsOptions } from "./store/memory-fs.js";
export { type MidxLayer, type MidxObject, MidxStack, openMidxStack } from "./store/midx-stack.js";
export { ObjectDirectory, type PackFile } from "./store/object-directory.js";
export type { DirectoryEntry, FileKind, FileStat, PackFs, WritableFile } from "./store/pack-fs.js";
