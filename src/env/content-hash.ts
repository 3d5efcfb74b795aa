/** Hashers of object contents: with detection of collisions where SHA-1 needs it, else the environment's own hash. */

import type { ObjectFormat } from "../core/oid.js";
import type { BatchHasher, ContentHasher, Environment, Hasher, HashOptions } from "./contract.js";

/** A hasher that looks for nothing. */
class PlainContentHasher implements ContentHasher {
  readonly foundCollision = false;
  readonly #hasher: Hasher;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  update(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
  }

  digest(): Uint8Array {
    return this.#hasher.digest();
  }
}

/** What {@link contentHashing} is made from: an environment's plain hashes, and how it gets the code that detects collisions. */
interface ContentHashingParts extends Pick<Environment, "createHasher" | "hashInto"> {
  readonly loadDetection: () => typeof import("./kernels/sha1dc.js");
  /** Up to how many bytes messages are hashed faster side by side by the kernel than one by one by {@link hashInto}. */
  readonly shortByteLength: () => number;
}

function wantsDetection(format: ObjectFormat, options: HashOptions | undefined): boolean {
  return format.name === "sha1" && options?.detectCollisions === true;
}

/** The hashers of contents that an environment has. */
export function contentHashing({
  createHasher,
  hashInto,
  loadDetection,
  shortByteLength,
}: ContentHashingParts): Pick<Environment, "createContentHasher" | "createBatchHasher"> {
  return {
    createContentHasher: (format, options) =>
      wantsDetection(format, options)
        ? loadDetection().createSha1DcHasher()
        : new PlainContentHasher(createHasher(format)),
    createBatchHasher: (format, options, onCollision = () => undefined) => {
      if (wantsDetection(format, options)) return loadDetection().createSha1DcBatchHasher(onCollision);
      const each: BatchHasher = {
        add: (bytes, start, end, target, at) => hashInto(format, bytes, start, end, target, at),
        flush: () => undefined,
      };
      return format.name === "sha1" ? loadDetection().createSha1BatchHasher(each, shortByteLength()) : each;
    },
  };
}
