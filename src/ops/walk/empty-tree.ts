/** The empty tree, which git has wherever it is asked for, stored or not. */

import { type ObjectFormat, oidFromHex, sha1, sha256 } from "../../core/oid.js";
import type { ObjectSource, ReadObject } from "./object-graph.js";

const ids = {
  sha1: oidFromHex("4b825dc642cb6eb9a060e54bf8d69288fbee4904", sha1),
  sha256: oidFromHex("6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321", sha256),
} as const;

const emptyTree: ReadObject = { type: "tree", bytes: new Uint8Array(0) };
const emptyTreeHeader = { type: "tree", size: 0 } as const;

/** Whether an id is the empty tree's. */
export function isEmptyTree(oid: Uint8Array, format: ObjectFormat): boolean {
  const id = ids[format.name];
  return oid[0] === id[0] && oid[1] === id[1] && oid.every((byte, i) => byte === id[i]);
}

/** A source that has the empty tree, whatever another one has. */
export function withEmptyTree(source: ObjectSource, format: ObjectFormat): ObjectSource {
  return {
    readPacked: (oid) => source.readPacked(oid),
    peekPacked: (oid) => (source.peekPacked === undefined ? source.readPacked(oid) : source.peekPacked(oid)),
    read: async (oid) => (isEmptyTree(oid, format) ? emptyTree : source.read(oid)),
    readPackedHeader: (oid) => source.readPackedHeader(oid),
    readHeader: async (oid) => (isEmptyTree(oid, format) ? emptyTreeHeader : source.readHeader(oid)),
  };
}
