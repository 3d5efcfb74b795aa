/** `core.fsync` and its relatives: which files are made to survive a power cut. */

import { boolOf, type ConfigEntry, type GitConfig, requireValue } from "./config/git-config.js";
import { environmentBool, type ProcessFacts } from "./process-facts.js";

/** What configuration and environment say. */
export interface Durability {
  readonly looseObject: boolean;
  /** `.pack` files. */
  readonly pack: boolean;
  /** `.idx`, `.rev`, `.mtimes`, bitmaps and multi-pack-index files. */
  readonly packMetadata: boolean;
  readonly commitGraph: boolean;
  readonly index: boolean;
  readonly reference: boolean;
  /** As configured. Whatever it is, what is synced is synced with a full fsync, as git does where the system has no other way. */
  readonly method: FsyncMethod;
  /** What git would warn of, one sentence each. */
  readonly warnings: readonly string[];
}

/** The values of `core.fsyncMethod`. */
export type FsyncMethod = "fsync" | "writeout-only" | "batch";

const looseObject = 1;
const pack = 2;
const packMetadata = 4;
const commitGraph = 8;
const index = 16;
const reference = 32;
const committed = looseObject | pack | reference;

const defaultComponents = pack | packMetadata | commitGraph;

const componentsByName: readonly (readonly [name: string, components: number])[] = [
  ["loose-object", looseObject],
  ["pack", pack],
  ["pack-metadata", packMetadata],
  ["commit-graph", commitGraph],
  ["index", index],
  ["objects", looseObject | pack],
  ["reference", reference],
  ["derived-metadata", packMetadata | commitGraph],
  ["committed", committed],
  ["added", committed | index],
  ["all", committed | index | packMetadata | commitGraph],
];

const isMethod = (value: string): value is FsyncMethod =>
  value === "fsync" || value === "writeout-only" || value === "batch";

/**
 * The components that a value of `core.fsync` names, starting from the defaults (or from nothing after `none`): what is named is added,
 * what is named after `-` is left out unless it is named without as well. A name may be cut short, and then means all that begin so.
 */
function parseComponents(value: string, warnings: string[]): number {
  let current = defaultComponents;
  let positive = 0;
  let negative = 0;
  const parts = value.split(",");
  for (const [at, part] of parts.entries()) {
    const given = part.replace(/^[ \t\n\r]+/, "");
    // Git compares all that is left of the value here, so that `none` counts only as the last word.
    if (given === "none" && at === parts.length - 1) {
      current = 0;
      break;
    }
    // Empty words between commas are no words; one that ends the value ends the list.
    if (given === "") continue;
    const negated = given.startsWith("-");
    const name = negated ? given.slice(1) : given;
    if (name === "") {
      warnings.push("invalid value for variable core.fsync");
      break;
    }
    const meant = componentsByName.filter(([full]) => full.startsWith(name));
    if (meant.length === 0) warnings.push(`ignoring unknown core.fsync component '${name}'`);
    const bits = meant.reduce((sum, [, components]) => sum | components, 0);
    if (negated) negative |= bits;
    else positive |= bits;
  }
  return (current & ~negative) | positive;
}

interface Settings {
  components: number;
  method: FsyncMethod;
  /** `core.fsyncObjectFiles`, the older variable; undefined if it is not set. */
  objectFiles: boolean | undefined;
  readonly warnings: string[];
}

function apply(entry: ConfigEntry, settings: Settings): void {
  const { warnings } = settings;
  if (entry.key === "core.fsync") settings.components = parseComponents(requireValue(entry), warnings);
  else if (entry.key === "core.fsyncmethod") {
    const value = requireValue(entry);
    if (isMethod(value)) settings.method = value;
    else warnings.push(`ignoring unknown core.fsyncMethod value '${value}'`);
  } else if (entry.key === "core.fsyncobjectfiles") {
    if (settings.objectFiles === undefined) {
      warnings.push("core.fsyncObjectFiles is deprecated; use core.fsync instead");
    }
    settings.objectFiles = boolOf(entry);
  }
}

/**
 * Reads `core.fsync`, `core.fsyncMethod` and `core.fsyncObjectFiles`, and git's own switch for its tests, GIT_TEST_FSYNC.
 * @throws GitmidxError `bad-config` for a variable without a value and for a boolean that is none
 */
export function durabilityOf(config: GitConfig, facts: Pick<ProcessFacts, "env">): Durability {
  const settings: Settings = { components: defaultComponents, method: "fsync", objectFiles: undefined, warnings: [] };
  for (const entry of config.entries) apply(entry, settings);
  const on = environmentBool(facts, "GIT_TEST_FSYNC", true);
  const components = settings.components | (settings.objectFiles === true ? looseObject : 0);
  const has = (component: number) => on && (components & component) !== 0;
  return {
    looseObject: has(looseObject),
    pack: has(pack),
    packMetadata: has(packMetadata),
    commitGraph: has(commitGraph),
    index: has(index),
    reference: has(reference),
    method: settings.method,
    warnings: settings.warnings,
  };
}
