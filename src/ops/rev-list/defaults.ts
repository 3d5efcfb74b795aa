/** What is asked for where nothing is said. */

import type { RevListFormat, RevListWalk } from "./request.js";

export const defaultWalk: RevListWalk = {
  starts: [],
  separated: true,
  hasPaths: false,
  objects: false,
  edges: "none",
  choice: {},
  order: undefined,
  limited: false,
  reverse: false,
  firstParent: false,
  boundary: false,
  inCommitOrder: false,
  unpacked: false,
  excludePromisorObjects: false,
  missing: "error",
  filterProvidedObjects: false,
  useBitmaps: false,
};

export const defaultFormat: RevListFormat = {
  names: true,
  count: false,
  leftRight: false,
  quiet: false,
  diskUsage: undefined,
  parents: false,
  children: false,
  timestamp: false,
  printOmitted: false,
  end: "LF",
};
