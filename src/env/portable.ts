/** The environment of browsers and other hosts: @noble/hashes. */

import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Environment } from "./contract.js";

export const env: Environment = {
  name: "portable",
  createHasher(format) {
    const hash = format.name === "sha1" ? sha1.create() : sha256.create();
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  },
};
