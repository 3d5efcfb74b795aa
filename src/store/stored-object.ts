/** Objects as they come out of an object store. */

import type { ObjectType } from "../core/object-type.js";
import type { OpenPack } from "./open-pack.js";

/** A whole object in memory. */
export interface StoredObject {
  readonly type: ObjectType;
  /** The content: a view that others may share, so not to be written to. Valid for as long as it is held. */
  readonly bytes: Uint8Array;
}

/** What is known of an object without reading it all. */
export interface ObjectHeader {
  readonly type: ObjectType;
  /** Bytes of the content. */
  readonly size: number;
}

/** An object that comes in pieces. */
export interface ObjectStream extends ObjectHeader {
  /** The content, piece by piece; each piece is valid until the next is asked for. To be read once: a second time is a TypeError. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Where in a pack an object is. */
export interface PackedLocation {
  readonly kind: "packed";
  readonly pack: OpenPack;
  /** Where in the pack its entry begins. */
  readonly offset: number;
}

/** Where an object is that has a file of its own. */
export interface LooseLocation {
  readonly kind: "loose";
  readonly path: string;
  /** Bytes of the file. */
  readonly diskSize: number;
  /** The file's modification time in whole seconds. */
  readonly mtime: number;
}

/** Where an object is. */
export type ObjectLocation = PackedLocation | LooseLocation;
