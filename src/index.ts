/**
 * Gitmidx as a library, for every platform: nothing here needs Node. Under Node the package is `node.ts`, which adds repositories on
 * disk to this.
 */

export { BitSet } from "./bytes/bit-set.js";
export { FetchedSource, type FetchRange, PageCache, PagedSource, type ReadRange } from "./bytes/paged-source.js";
export { ByteSource, MemorySource, NeedRange, type RangeSource, withRanges } from "./bytes/source.js";
export { type ErrorCode, type ErrorPlace, errorCodes, GitmidxError, isGitmidxError } from "./core/errors.js";
export { type ObjectType, type ObjectTypeCode, objectTypes } from "./core/object-type.js";
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
export type { BitmapEntry } from "./formats/bitmap/entries.js";
export type { BitmapView } from "./formats/bitmap/view.js";
export type { Ewah } from "./formats/ewah/ewah.js";
export { IdxView } from "./formats/idx/view.js";
export { type ChainFile, type ChainLine, type ChainProblem, parseChain } from "./formats/midx/chain.js";
export { type BitmappedPack, MidxView, openMidx } from "./formats/midx/view.js";
export { MtimesView } from "./formats/mtimes.js";
export { PackView } from "./formats/pack/view.js";
export { type PackOrder, RevView } from "./formats/rev.js";
export type { FoundObject, Lookup, LooseCopy, ObjectCopy } from "./ops/find-object/found-object.js";
export type { LookupOptions } from "./ops/find-object/object-finder.js";
export type { FsckMessageId, FsckSeverity } from "./ops/fsck-objects/messages.js";
export type { FsckSettings } from "./ops/fsck-objects/settings.js";
export type { ReceivedPackResult } from "./ops/index-pack/index-pack.js";
export type { IndexPackResult, Workers } from "./ops/index-pack/options.js";
export { objectsById } from "./ops/list-objects/by-id.js";
export { objectsByPseudoPack } from "./ops/list-objects/by-pseudo-pack.js";
export type { ListedObject } from "./ops/list-objects/listed-object.js";
export type { WriteTotals } from "./ops/pack-objects/entry-writer.js";
export type { PackObjectsResult } from "./ops/pack-objects/pack-objects.js";
export type {
  PackDestination,
  PackRepositoryOptions,
  PackSelection,
} from "./ops/pack-objects/pack-repository-options.js";
export type { TypeCounts } from "./ops/reach/reach-result.js";
export type { Resolution, RevisionPlaces } from "./ops/resolve-revision/revision.js";
export type { RevListOptions } from "./ops/rev-list/list-repository.js";
export type { Start } from "./ops/rev-list/start.js";
export type { UnpackResult } from "./ops/unpack-objects/options.js";
export type { BitmapDepth, VerifiedBitmap } from "./ops/verify-bitmaps/verify-bitmaps.js";
export type { Finding, FindingSeverity } from "./ops/verify-midx/finding.js";
export type { VerifiedLayer, VerifyReport } from "./ops/verify-midx/verify-midx.js";
export type { ListedEntry, PackListing } from "./ops/verify-pack/pack-listing.js";
export type { NameHashMode } from "./ops/write-bitmap/make-bitmap.js";
export type { BitmapChoices } from "./ops/write-bitmap/repository-bitmap.js";
export type { WritePackBitmapResult } from "./ops/write-bitmap/write-pack-bitmap.js";
export type { WriteMidxResult, WrittenMidxBitmap } from "./ops/write-midx/options.js";
export { type IndexPackRequest, indexPack, type VerifyPackRequest, verifyPack } from "./pack-indexing.js";
export { Repository } from "./repository.js";
export type {
  OpenBitmapChoice,
  ReachableObject,
  ReachableObjects,
  ReachableOptions,
  RepositoryBitmap,
} from "./repository-bitmaps.js";
export type {
  DirectoryChoice,
  ListOptions,
  OpenObjectsOptions,
  RepositoryEvents,
  RepositorySource,
  UnpackPackOptions,
  VerifyOptions,
  WriteBitmapOptions,
  WriteOptions,
} from "./repository-options.js";
export type { HostFacts } from "./settings.js";
export type { BitOrder } from "./store/bitmaps/bit-order.js";
export type { BitmapIndex, FoundEntry } from "./store/bitmaps/bitmap-index.js";
export type { LayeredPseudoMerge } from "./store/bitmaps/layered-pseudo-merge.js";
export { type ConfigEntry, type ConfigOrigin, type ConfigScope, GitConfig } from "./store/config/git-config.js";
export type { ConfigParameter } from "./store/config/parameters.js";
export { type DiscoverRequest, discoverRepository, type RepositoryLocation } from "./store/discover.js";
export type { PackEntryHeader } from "./store/entry-reader.js";
export { blobFiles, type FetchFunction, type NamedBlob, urlFiles } from "./store/fetched-files.js";
export { type FetchedFile, type FetchedFiles, FetchedFs, type FetchedFsOptions } from "./store/fetched-fs.js";
export { type OpenMidxFromOptions, openMidxFrom } from "./store/fetched-midx.js";
export { MemoryFs, type MemoryFsOptions } from "./store/memory-fs.js";
export { type MidxLayer, type MidxObject, MidxStack, openMidxStack } from "./store/midx-stack.js";
export { ObjectDirectory, type PackFile } from "./store/object-directory.js";
export { ObjectStore, type ObjectStoreOptions } from "./store/object-store.js";
export type { OpenPack, PackMark } from "./store/open-pack.js";
export type { EntryDelta, PackEntry } from "./store/pack-entries.js";
export type { DirectoryEntry, FileKind, FileStat, PackFs, WritableFile } from "./store/pack-fs.js";
export type { MidxEntry, PackedCopy } from "./store/packed-copy.js";
export type { FollowedRef, Ref, StoredRef } from "./store/refs/ref.js";
export { type ListRefsOptions, type RefLocation, RefStore, type ResolvedRef } from "./store/refs/ref-store.js";
export type { ReflogEntry } from "./store/refs/reflog.js";
export type {
  LooseLocation,
  ObjectHeader,
  ObjectLocation,
  ObjectStream,
  PackedLocation,
  StoredObject,
} from "./store/stored-object.js";
