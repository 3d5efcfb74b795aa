/** What the formats need from the machine they run on. One contract; `node.ts` and `portable.ts` keep it. */

import type { ObjectFormat } from "../core/oid.js";

/** A running hash. */
export interface Hasher {
  /** Takes the next bytes; they may be reused by the caller afterwards. */
  update(bytes: Uint8Array): void;
  /** The digest, `format.byteLength` bytes in a fresh array. Ends the hasher. */
  digest(): Uint8Array;
}

/** The functions that have a fast native and a portable implementation. */
export interface Environment {
  /** `node` or `portable`: shown by `--version` and in test summaries. */
  readonly name: "node" | "portable";
  /** A new running hash of that format. */
  createHasher(format: ObjectFormat): Hasher;
}
