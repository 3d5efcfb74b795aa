/** The environment of Node: its built-in crypto, zlib and threads. */

import { createRequire } from "node:module";
import { contentHashing } from "./content-hash.js";
import type { Environment } from "./contract.js";
import { checkLevel, defaultLevel } from "./deflate-level.js";
import { createNodeDeflater, createNodeDeflateStream } from "./node-deflate.js";
import { createNodeHasher, nodeCrc32, nodeHashInto, shortByteLength } from "./node-hash.js";
import { createNodeInflater, createNodeInflateStream } from "./node-inflate.js";
import { serveNodeWorker, startNodeWorker } from "./node-workers.js";

/** Many modules and a table, which most programs need not load. */
function loadDetection(): typeof import("./kernels/sha1dc.js") {
  return createRequire(import.meta.url)("./kernels/sha1dc.js");
}

export const env: Environment = {
  name: "node",
  get processors() {
    return process.getBuiltinModule("node:os").availableParallelism();
  },
  createHasher: createNodeHasher,
  hashInto: nodeHashInto,
  ...contentHashing({ createHasher: createNodeHasher, hashInto: nodeHashInto, loadDetection, shortByteLength }),
  crc32: nodeCrc32,
  createInflater: createNodeInflater,
  createInflateStream: createNodeInflateStream,
  createDeflater: ({ mode = "fast", level = defaultLevel } = {}) => createNodeDeflater(mode, checkLevel(level)),
  createDeflateStream: ({ mode = "fast", level = defaultLevel } = {}) =>
    createNodeDeflateStream(mode, checkLevel(level)),
  startWorker: startNodeWorker,
  serve: serveNodeWorker,
};
