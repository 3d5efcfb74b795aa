/** Replace refs: objects that are read in place of others (git-replace). */

import { GitmidxError } from "../../core/errors.js";
import { isHex, type ObjectFormat, toHex } from "../../core/oid.js";
import type { RefStore } from "./ref-store.js";

/** Where replace refs are unless GIT_REPLACE_REF_BASE names another place. */
export const replaceRefBase = "refs/replace/";

/** Replacements that are followed from one. */
const mostReplacements = 5;

/** Tells which object is read in place of one. */
export class Replacements {
  readonly #byOid: ReadonlyMap<string, Uint8Array>;

  private constructor(byOid: ReadonlyMap<string, Uint8Array>) {
    this.#byOid = byOid;
  }

  /**
   * Reads the replace refs of a repository.
   * @param warn told what git would warn of: refs whose names are no ids.
   * @throws GitmidxError as `RefStore.list`; `bad-ref` for two refs that replace one object.
   */
  static async read(
    refs: RefStore,
    format: ObjectFormat,
    warn: (message: string) => void = () => {},
    base = replaceRefBase,
  ): Promise<Replacements> {
    const byOid = new Map<string, Uint8Array>();
    for (const { name, oid } of await refs.list(base)) {
      const hex = name.slice(name.lastIndexOf("/") + 1).toLowerCase();
      if (hex.length !== format.hexLength || !isHex(hex)) warn(`bad replace ref name: ${name}`);
      else if (byOid.has(hex)) throw new GitmidxError("bad-ref", `duplicate replace ref: ${name}`);
      else if (oid !== undefined) byOid.set(hex, oid);
    }
    return new Replacements(byOid);
  }

  /** Whether nothing is replaced. */
  get isEmpty(): boolean {
    return this.#byOid.size === 0;
  }

  /** The id of the object to read for `oid`: itself if it is not replaced. @throws GitmidxError `bad-ref` for replacements without end. */
  replacementOf(oid: Uint8Array): Uint8Array {
    if (this.#byOid.size === 0) return oid;
    let current = oid;
    for (let depth = 0; depth < mostReplacements; depth++) {
      const next = this.#byOid.get(toHex(current));
      if (next === undefined) return current;
      current = next;
    }
    throw new GitmidxError("bad-ref", `replace depth too high for object ${toHex(oid)}`);
  }
}
