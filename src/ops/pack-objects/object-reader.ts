/** The objects of the repository, as making a pack needs them. */

import { type ObjectTypeCode, objectTypeCode } from "../../core/object-type.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { OpenPack } from "../../store/open-pack.js";
import type { ObjectHeader, PackedLocation, StoredObject } from "../../store/stored-object.js";

/** An object with its type as packs have it. */
export interface ReadObject {
  readonly type: ObjectTypeCode;
  /** A read-only view. */
  readonly bytes: Uint8Array;
}

/** Type and size of an object. */
export interface ReadHeader {
  readonly type: ObjectTypeCode;
  readonly size: number;
}

/** Reads through an object store, without promises where the object is at hand. Undefined stands for an object that is not there. */
export class ObjectReader {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  get hasMidx(): boolean {
    return this.#store.hasMidx;
  }

  /** Every pack whose index can be opened, directory by directory, youngest first. */
  async packs(): Promise<readonly OpenPack[]> {
    const packs: OpenPack[] = [];
    for (const pack of this.#store.packs()) if ((await pack.indexDamage()) === undefined) packs.push(pack);
    return packs;
  }

  /** Where the object lies in a pack; undefined if it is in none. */
  location(id: Uint8Array): PackedLocation | undefined | Promise<PackedLocation | undefined> {
    return this.#store.locatePacked(id) ?? this.#locate(id);
  }

  /** @throws GitmidxError of a damaged object of which there is no other copy */
  read(id: Uint8Array): ReadObject | undefined | Promise<ReadObject | undefined> {
    const packed = this.#store.readPacked(id);
    return packed === undefined ? this.#store.read(id).then(withCode) : withCode(packed);
  }

  /** The content alone, as {@link read}. */
  readBytes(id: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const packed = this.#store.readPacked(id);
    return packed === undefined ? this.#store.read(id).then((object) => object?.bytes) : packed.bytes;
  }

  /** @throws as {@link read} */
  readHeader(id: Uint8Array): ReadHeader | undefined | Promise<ReadHeader | undefined> {
    const packed = this.#store.readPackedHeader(id);
    return packed === undefined ? this.#store.readHeader(id).then(headerWithCode) : headerWithCode(packed);
  }

  /** The content, piece by piece. @throws as {@link read} */
  async openStream(id: Uint8Array): Promise<AsyncIterable<Uint8Array> | undefined> {
    return (await this.#store.openStream(id))?.chunks;
  }

  async #locate(id: Uint8Array): Promise<PackedLocation | undefined> {
    const found = await this.#store.location(id);
    return found?.kind === "packed" ? found : undefined;
  }
}

function withCode(object: StoredObject | undefined): ReadObject | undefined {
  return object === undefined ? undefined : { type: objectTypeCode(object.type)!, bytes: object.bytes };
}

function headerWithCode(header: ObjectHeader | undefined): ReadHeader | undefined {
  return header === undefined ? undefined : { type: objectTypeCode(header.type)!, size: header.size };
}
