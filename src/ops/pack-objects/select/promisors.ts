/** Objects that a promisor remote has promised to give: those in packs with a `.promisor` file, and what they link to. */

import { OidSet } from "../../../bytes/oid-set.js";
import { withRanges } from "../../../bytes/source.js";
import type { PackPosition } from "../../../core/positions.js";
import { CommitLinks } from "../../../formats/object/commit.js";
import { readTagLinks } from "../../../formats/object/tag.js";
import { TreeCursor } from "../../../formats/object/tree.js";
import type { KnownPacks } from "./known-packs.js";

/** Knows what is promised. */
export class PromisorObjects {
  readonly #packs: KnownPacks;
  readonly #hasRemote: boolean;
  #promised: OidSet | undefined;

  /** @param hasRemote whether a promisor remote is configured: without one nothing is promised. */
  constructor(packs: KnownPacks, hasRemote: boolean) {
    this.#packs = packs;
    this.#hasRemote = hasRemote;
  }

  /** The ids of all objects in promisor packs. */
  async *ids(): AsyncGenerator<Uint8Array, void, undefined> {
    for (const { pack, promisor } of this.#packs.all) {
      if (!promisor) continue;
      const { count, ids } = await pack.openIdx();
      for (let i = 0; i < count; i++) yield await withRanges(() => ids.idAt(i));
    }
  }

  /** Whether the object is promised. All promisor packs are read when this is first asked. */
  async isPromised(oid: Uint8Array): Promise<boolean> {
    if (!this.#hasRemote) return false;
    this.#promised ??= await this.#collect();
    return this.#promised.has(oid);
  }

  async #collect(): Promise<OidSet> {
    const { store } = this.#packs;
    const { format } = store;
    const promised = new OidSet(format.byteLength);
    const links = new CommitLinks(format);
    const cursor = new TreeCursor(format);
    for (const { pack, promisor } of this.#packs.all) {
      if (!promisor) continue;
      const order = await pack.openOrder();
      for (let i = 0; i < order.count; i++) {
        const oid = await withRanges(() => pack.idx.ids.idAt(order.idxPositionAt(i as PackPosition)));
        const object = store.readPacked(oid) ?? (await store.read(oid));
        promised.add(oid);
        if (object?.type === "tree") {
          for (cursor.reset(object.bytes); cursor.hasMore && cursor.step() === undefined; ) {
            promised.add(object.bytes, cursor.idAt);
          }
        } else if (object?.type === "commit") {
          links.parse(object.bytes, 0, object.bytes.length, oid);
          promised.add(links.tree);
          for (let p = 0; p < links.parentCount; p++) promised.add(links.parents, p * format.byteLength);
        } else if (object?.type === "tag") {
          promised.add(readTagLinks(object.bytes, 0, object.bytes.length, format, oid).target);
        }
      }
    }
    return promised;
  }
}
