/** The environment of Node: its built-in crypto. */

import { createHash } from "node:crypto";
import type { ObjectFormat } from "../core/oid.js";
import type { Environment, Hasher } from "./contract.js";

class NodeHasher implements Hasher {
  readonly #hash;

  constructor(format: ObjectFormat) {
    this.#hash = createHash(format.name);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  digest(): Uint8Array {
    return new Uint8Array(this.#hash.digest());
  }
}

export const env: Environment = {
  name: "node",
  createHasher: (format) => new NodeHasher(format),
};
