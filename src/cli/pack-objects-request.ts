/** What a command line of `gitmidx pack-objects` asks for: defaults, limits and conflicts as in git, in git's order. */

import type { IdxEncoding } from "../formats/idx/encode.js";
import { leastPackSize, mostCacheLimit, mostDepth } from "../ops/pack-objects/check-options.js";
import type { PackSettings } from "../ops/pack-objects/settings.js";
import { type FilterSpec, parseFilters } from "../ops/walk/filter/parse-filter.js";
import { pathFilterProblem } from "../ops/walk/filter/path-filter.js";
import type { OptionValues } from "./command.js";
import { FatalError, UsageError } from "./complaint.js";
import type { packObjectsOptions } from "./pack-objects-options.js";

export type PackObjectsValues = OptionValues<typeof packObjectsOptions>;

/** The numbers and choices that the options and the configuration come to. */
export interface PackRequest {
  readonly window: number;
  readonly windowMemory: number;
  readonly depth: number;
  readonly threads: number;
  readonly deltaCacheLimit: number;
  readonly reuseDelta: boolean;
  readonly reuseObjects: boolean;
  readonly maxPackSize: number;
  readonly compression: number;
  readonly deflate: "exact" | "fast";
  readonly index: IdxEncoding;
  readonly nameHashVersion: 1 | 2;
  readonly useBitmapIndex: boolean | undefined;
  readonly writeBitmapIndex: boolean | "quiet";
  readonly filter: FilterSpec | undefined;
  readonly pathWalk: boolean;
  /** Whether revisions are walked: they are read from standard input, or options name them. */
  readonly walks: boolean;
  /** 0: no progress; 1: but for writing to standard output; 2: all. */
  readonly progress: 0 | 1 | 2;
}

/** What the request depends on beside the command line. */
export interface RequestFacts {
  readonly settings: PackSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly processors: number;
  readonly stderrIsTerminal: boolean;
  /** `pack.usePathWalk` */
  readonly usePathWalk: boolean | undefined;
  /** Whether `pack.island` is configured. */
  readonly hasIslands: boolean;
  readonly warn: (message: string) => void;
  readonly complain: (message: string) => void;
}

/** @throws FatalError, UsageError in git's words. */
export function packRequestOf(options: PackObjectsValues, facts: RequestFacts): PackRequest {
  const { settings, warn } = facts;
  checkWords(options);
  const filter = parseFilters(options.filter);
  const depth = options.depth ?? settings.depth;
  if (depth > mostDepth) warn(`delta chain depth ${depth} is too deep, forcing ${mostDepth}`);
  if (settings.deltaCacheLimit > mostCacheLimit) {
    warn(`pack.deltaCacheLimit is too high, forcing ${mostCacheLimit}`);
  }
  const pathWalk = walksPaths(options, filter, facts);
  const walks = walksRevisions(options, pathWalk);
  refuseTogether(options, "exclude-promisor-objects", "exclude-promisor-objects-best-effort");
  const level = compressionLevel(options.compression ?? settings.compression);
  const maxPackSize = packSize(options, settings, warn);
  checkConflicts(options, walks, facts.hasIslands);
  const reuseObjects = options["reuse-object"] !== false;
  return {
    window: Math.max(0, options.window ?? settings.window),
    windowMemory: options["window-memory"] ?? settings.windowMemory,
    depth: Math.min(Math.max(0, depth), mostDepth),
    threads: Math.max(1, (options.threads ?? settings.threads) || facts.processors),
    deltaCacheLimit: Math.min(settings.deltaCacheLimit, mostCacheLimit),
    reuseDelta: reuseObjects && options["reuse-delta"] !== false,
    reuseObjects,
    maxPackSize,
    compression: level,
    deflate: deflateMode(options.deflate),
    index: indexEncoding(options["index-version"], settings),
    nameHashVersion: nameHashVersion(options, facts),
    useBitmapIndex: options["use-bitmap-index"],
    writeBitmapIndex: writeBitmapIndex(options),
    filter,
    pathWalk,
    walks,
    progress: progressLevel(options, facts.stderrIsTerminal),
  };
}

/** Words that must be ones of a few are looked at before everything else. */
function checkWords({ missing, "stdin-packs": packs }: PackObjectsValues): void {
  if (missing !== undefined && !["error", "allow-any", "allow-promisor"].includes(missing)) {
    throw new FatalError(`invalid value for '--missing': '${missing}'`);
  }
  if (typeof packs === "string" && packs !== "" && packs !== "follow") {
    throw new FatalError(`invalid value for 'stdin-packs': '${packs}'`);
  }
}

function walksPaths(options: PackObjectsValues, filter: FilterSpec | undefined, facts: RequestFacts): boolean {
  const configured = facts.usePathWalk ?? facts.env.GIT_TEST_PACK_PATH_WALK === "1";
  const byDefault = options["use-bitmap-index"] !== true && options.revs === true && configured;
  if (!(options["path-walk"] ?? byDefault)) return false;
  const problem = filter && pathFilterProblem(filter);
  if (problem !== undefined) facts.complain(problem);
  const other = problem !== undefined ? "--filter" : options["delta-islands"] === true ? "--delta-islands" : undefined;
  if (other !== undefined) facts.warn(`cannot use ${other} with --path-walk`);
  return other === undefined;
}

function walksRevisions(options: PackObjectsValues, pathWalk: boolean): boolean {
  const given = (...names: readonly (keyof PackObjectsValues)[]) => names.some((name) => isOn(options[name]));
  if (given("revs", "all", "reflog", "indexed-objects", "exclude-promisor-objects-best-effort")) return true;
  if (given("thin") && !pathWalk) return true;
  if (given("unpack-unreachable", "keep-unreachable", "pack-loose-unreachable")) return true;
  return !isOn(options["stdin-packs"]) && given("unpacked", "exclude-promisor-objects");
}

function isOn(value: PackObjectsValues[keyof PackObjectsValues]): boolean {
  return value !== undefined && value !== false;
}

/** What git allows and what it does not, less what is looked at elsewhere. */
function checkConflicts(options: PackObjectsValues, walks: boolean, hasIslands: boolean): void {
  if (options.stdout !== true && options.thin === true) {
    throw new FatalError("--thin cannot be used to build an indexable pack");
  }
  refuseTogether(options, "keep-unreachable", "unpack-unreachable");
  if (isOn(options["stdin-packs"]) && options.filter.length > 0) throw together("stdin-packs", "filter");
  if (isOn(options["stdin-packs"]) && walks) throw new FatalError("cannot use internal rev list with --stdin-packs");
  if (isOn(options.cruft) || isOn(options["cruft-expiration"])) {
    if (walks) throw new FatalError("cannot use internal rev list with --cruft");
    if (isOn(options["stdin-packs"])) throw together("stdin-packs", "cruft");
  }
  if (options["delta-islands"] === true && hasIslands) {
    throw new FatalError("gitmidx knows no delta islands: leave out --delta-islands, or pack.island");
  }
}

function refuseTogether(
  options: PackObjectsValues,
  one: keyof PackObjectsValues,
  other: keyof PackObjectsValues,
): void {
  if (isOn(options[one]) && isOn(options[other])) throw together(one, other);
}

function together(one: string, other: string): FatalError {
  return new FatalError(`options '--${one}' and '--${other}' cannot be used together`);
}

function compressionLevel(level: number): number {
  if (level < -1 || level > 9) throw new FatalError(`bad pack compression level ${level}`);
  return level;
}

function packSize(options: PackObjectsValues, settings: PackSettings, warn: (message: string) => void): number {
  const given = options["max-pack-size"] ?? 0;
  if (options.stdout === true) {
    if (given > 0) throw new FatalError("--max-pack-size cannot be used to build a pack for transfer");
    return 0;
  }
  const size = given > 0 ? given : settings.packSizeLimit;
  if (size === 0 || size >= leastPackSize) return size;
  warn("minimum pack size limit is 1 MiB");
  return leastPackSize;
}

function deflateMode(text: string | undefined): "exact" | "fast" {
  if (text === undefined || text === "fast") return "fast";
  if (text === "exact") return "exact";
  throw new FatalError(`invalid value for '--deflate': '${text}'`);
}

function indexEncoding(text: string | undefined, settings: PackSettings): IdxEncoding {
  if (text === undefined) return { version: settings.indexVersion };
  const parts = /^\s*\+?(\d*)(?:,(0x[0-9a-f]+|0[0-7]*|[1-9]\d*))?$/i.exec(text);
  if (parts !== null && Number(parts[1]) > 2) throw new FatalError(`unsupported index version ${text}`);
  const limit = parts?.[2] === undefined ? 0x7fff_ffff : offsetLimit(parts[2]);
  if (parts === null || limit > 0x7fff_ffff) throw new FatalError(`bad index version '${text}'`);
  return { version: Number(parts[1]) === 2 ? 2 : 1, largeOffsetLimit: limit };
}

/** The number at which offsets become large ones: decimal, `0x` hexadecimal or `0` octal. */
function offsetLimit(digits: string): number {
  return /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
}

function nameHashVersion(options: PackObjectsValues, { env }: RequestFacts): 1 | 2 {
  const given = options["name-hash-version"] ?? -1;
  const version = given < 0 ? Number(env.GIT_TEST_NAME_HASH_VERSION ?? 1) : given;
  if (version !== 1 && version !== 2) throw new FatalError(`invalid --name-hash-version option: ${version}`);
  return version;
}

/** Of the two options, and of theirs with `no-`, only the last is there. */
function writeBitmapIndex(options: PackObjectsValues): boolean | "quiet" {
  const word = options["write-bitmap-index"];
  if (typeof word === "string" && word !== "quiet") {
    throw new UsageError("option `write-bitmap-index' takes no value", "nowhere");
  }
  return options["write-bitmap-index-quiet"] === true || word === "quiet" ? "quiet" : word === true;
}

function progressLevel(options: PackObjectsValues, isTerminal: boolean): 0 | 1 | 2 {
  let level: 0 | 1 | 2 = isTerminal ? 1 : 0;
  // Only the last of them is there.
  if (options.progress !== undefined) level = options.progress ? 1 : 0;
  if (options["all-progress"] !== undefined) level = options["all-progress"] ? 2 : 0;
  if (options.quiet !== undefined) level = 0;
  return level > 0 && options["all-progress-implied"] === true ? 2 : level;
}
