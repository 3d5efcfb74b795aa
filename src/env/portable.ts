/** The environment of browsers and other hosts: pako and @noble/hashes, and one thread. */

import { contentHashing } from "./content-hash.js";
import type { Environment } from "./contract.js";
import { crc32 } from "./crc32.js";
import { checkLevel, defaultLevel } from "./deflate-level.js";
import * as detection from "./kernels/sha1dc.js";
import { PortableDeflater, PortableDeflateStream } from "./portable-deflate.js";
import { createPortableHasher, portableHashInto } from "./portable-hash.js";
import { PortableInflater, PortableInflateStream } from "./portable-inflate.js";

export const env: Environment = {
  name: "portable",
  processors: 1,
  createHasher: createPortableHasher,
  hashInto: portableHashInto,
  ...contentHashing({
    createHasher: createPortableHasher,
    hashInto: portableHashInto,
    loadDetection: () => detection,
    shortByteLength: () => Number.POSITIVE_INFINITY,
  }),
  crc32,
  createInflater: () => new PortableInflater(),
  createInflateStream: () => new PortableInflateStream(),
  createDeflater: ({ mode = "fast", level = defaultLevel } = {}) => new PortableDeflater(mode, checkLevel(level)),
  createDeflateStream: ({ mode = "fast", level = defaultLevel } = {}) =>
    new PortableDeflateStream(mode, checkLevel(level)),
  startWorker: () => undefined,
  serve: () => undefined,
};
