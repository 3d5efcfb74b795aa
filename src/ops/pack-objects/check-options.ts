/** What a caller of the library may ask for. */

import type { PackRepositoryOptions } from "./pack-repository-options.js";

/** Chains cannot be longer: git has 12 bits for the depth of a delta. */
export const mostDepth = 4095;
/** Git has 20 bits for the size of a deflated delta that is kept. */
export const mostCacheLimit = 2 ** 20 - 1;
/** Bytes of the smallest pack that packs may be limited to. */
export const leastPackSize = 2 ** 20;

type Range = readonly [least: number, most: number];

const anySize: Range = [0, Number.MAX_SAFE_INTEGER];

const ranges = {
  window: anySize,
  windowMemory: anySize,
  depth: [0, mostDepth],
  threads: anySize,
  deltaCacheLimit: [0, mostCacheLimit],
  maxPackSize: anySize,
  compression: [-1, 9],
  nameHashVersion: [1, 2],
} as const satisfies Partial<Record<keyof PackRepositoryOptions, Range>>;

/** @throws TypeError, RangeError */
export function checkPackOptions(options: PackRepositoryOptions): void {
  checkSelection(options);
  checkOutput(options);
  for (const name of Object.keys(ranges) as (keyof typeof ranges)[]) checkNumber(name, options[name], ranges[name]);
  const { maxPackSize = 0, deflate, index } = options;
  if (maxPackSize > 0 && maxPackSize < leastPackSize) {
    throw new RangeError(`maxPackSize is ${maxPackSize}: it must be 0 or at least ${leastPackSize}`);
  }
  if (deflate !== undefined) checkWord("deflate", deflate, ["exact", "fast"]);
  if (index === undefined) return;
  checkNumber("index.version", index.version, [1, 2]);
  checkNumber("index.largeOffsetLimit", index.largeOffsetLimit, [0, 0x7fff_ffff]);
}

function checkSelection({ select }: PackRepositoryOptions): void {
  checkWord("select.kind", select?.kind, ["objects", "revisions", "packs", "cruft"]);
  const { lines } = select;
  if (lines === undefined && select.kind === "revisions") return;
  const isList = typeof lines === "object" && (Symbol.iterator in lines || Symbol.asyncIterator in lines);
  if (!isList) throw new TypeError("select.lines must be lines that can be gone through");
}

function checkOutput({ output }: PackRepositoryOptions): void {
  checkWord("output.kind", output?.kind, ["stream", "files"]);
  if (output.kind === "stream") {
    if (typeof output.write !== "function") throw new TypeError("output.write must be a function");
  } else if (output.base !== undefined) {
    if (typeof output.base !== "string") throw new TypeError("output.base must be a path");
    if (!output.base.startsWith("/"))
      throw new RangeError(`output.base is '${output.base}': it must be an absolute path`);
  }
}

function checkWord(name: string, value: unknown, words: readonly string[]): void {
  if (typeof value === "string" && words.includes(value)) return;
  throw new TypeError(`${name} is ${String(value)}: it must be one of ${words.join(", ")}`);
}

function checkNumber(name: string, value: unknown, [least, most]: Range): void {
  if (value === undefined) return;
  if (typeof value !== "number") throw new TypeError(`${name} must be a number`);
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} is ${value}: it must be a whole number from ${least} to ${most}`);
}
