/** What odd objects are made of. */

import type { ObjectType } from "../../../src/core/object-type.js";
import { type Content, contentBytes, objectId, treeEntry } from "../../support/raw-pack.js";

/** An object of a case. */
export type OddObject = readonly [type: ObjectType, content: Content];

export interface OddCase {
  readonly name: string;
  /** In the order of the pack. */
  readonly objects: readonly OddObject[];
  /** What stands behind `--strict=`. */
  readonly settings?: string;
}

export const blob = "hello\n";
export const blobId = objectId("blob", blob).toString("hex");
export const nullId = "0".repeat(40);
export const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
export const who = "A U Thor <author@example.com> 1700000000 +0000";

export function tree(...entries: readonly (readonly [mode: string, name: string, id?: string])[]): OddObject {
  return ["tree", Buffer.concat(entries.map(([mode, name, id]) => treeEntry(mode, name, id ?? blobId)))];
}

export function commit(text: string): OddObject {
  return ["commit", text];
}

export function tag(text: string): OddObject {
  return ["tag", text];
}

export const good = {
  tree: `tree ${emptyTree}\n`,
  author: `author ${who}\n`,
  committer: `committer ${who}\n`,
  message: "\nm\n",
};

export function commitWith(
  parts: Partial<typeof good> & { readonly parents?: string; readonly extra?: string },
): OddObject {
  const { tree, author, committer, message } = { ...good, ...parts };
  return commit(`${tree}${parts.parents ?? ""}${author}${committer}${parts.extra ?? ""}${message}`);
}

export function commitBy(author: string): OddObject {
  return commitWith({ author: `author ${author}\n` });
}

export const goodTag = {
  object: `object ${blobId}\n`,
  type: "type blob\n",
  tag: "tag t\n",
  tagger: `tagger ${who}\n`,
  message: "\nm\n",
};

export function tagWith(parts: Partial<typeof goodTag> & { readonly extra?: string }): OddObject {
  const { object, type, tag: name, tagger, message } = { ...goodTag, ...parts };
  return tag(`${object}${type}${name}${tagger}${parts.extra ?? ""}${message}`);
}

export const truncated = (object: OddObject, less: number): OddObject => {
  const bytes = contentBytes(object[1]);
  return [object[0], bytes.subarray(0, bytes.length - less)];
};
