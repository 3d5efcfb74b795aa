/** From an object to the one that it stands for: what a tag names, a commit's tree and parents. */

import { isGitmidxError } from "../../core/errors.js";
import { type ObjectType, objectTypeName } from "../../core/object-type.js";
import { isHex, oidFromHex, toHex } from "../../core/oid.js";
import { CommitLinks } from "../../formats/object/commit.js";
import { readTagLinks } from "../../formats/object/tag.js";
import type { RevisionSource } from "./revision.js";

/** What is wanted of an object: a type, any object that is there, or what is behind its tags. */
export type PeelTarget = ObjectType | "any" | "untagged";

/** An object with its type. */
export interface TypedObject {
  readonly oid: Uint8Array;
  readonly type: ObjectType;
}

/** Follows objects of one repository. */
export class Peeler {
  readonly #source: RevisionSource;
  #shallow: ReadonlySet<string> | undefined;

  constructor(source: RevisionSource) {
    this.#source = source;
  }

  /** The type of an object that is there. */
  async typed(oid: Uint8Array): Promise<TypedObject | undefined> {
    const header = await this.#source.objects.readHeader(oid);
    return header && { oid, type: header.type };
  }

  /**
   * What `REV^{type}` is.
   * @param name what stands for the object in messages.
   */
  async peel(oid: Uint8Array, target: PeelTarget, name: string): Promise<Uint8Array | undefined> {
    let object = await this.typed(oid);
    if (target === "untagged") return object && (await this.#untagged(object, name))?.oid;
    while (object !== undefined) {
      if (target === "any" || object.type === target) return object.oid;
      if (object.type !== "tag" && object.type !== "commit") {
        const text = `${name}: expected ${target} type, but the object dereferences to ${object.type} type`;
        this.#source.tell({ kind: "error", text });
        return undefined;
      }
      const next = object.type === "tag" ? await this.#target(object.oid) : (await this.commit(object.oid))?.tree;
      object = next && (await this.typed(next));
    }
    return undefined;
  }

  /** The object behind all tags; undefined, which is told, where it is missing. */
  async #untagged(from: TypedObject, name: string | undefined): Promise<TypedObject | undefined> {
    let object: TypedObject | undefined = from;
    while (object?.type === "tag") {
      const target: Uint8Array | undefined = await this.#target(object.oid);
      object = target && (await this.typed(target));
      if (object === undefined && name !== undefined && target !== undefined) {
        this.#source.tell({ kind: "error", text: `missing object referenced by '${name}'` });
      }
    }
    return object;
  }

  /** What is behind the tags of `oid`, in silence. */
  async untagged(oid: Uint8Array): Promise<TypedObject | undefined> {
    const object = await this.typed(oid);
    return object && this.#untagged(object, undefined);
  }

  /** The commit that `oid` or its tags name; undefined, which is told, for anything else. */
  async commitOf(oid: Uint8Array): Promise<Uint8Array | undefined> {
    const object = await this.untagged(oid);
    if (object === undefined || object.type === "commit") return object?.oid;
    const text = `object ${toHex(oid)} is a ${object.type}, not a commit`;
    this.#source.tell({ kind: "error", text });
    return undefined;
  }

  /** Tree and parents of a commit; undefined if it is missing or, which is told, damaged. */
  async commit(
    oid: Uint8Array,
  ): Promise<{ readonly tree: Uint8Array; readonly parents: readonly Uint8Array[] } | undefined> {
    const { objects, format } = this.#source;
    const object = await objects.read(oid);
    if (object?.type !== "commit") return undefined;
    const links = new CommitLinks(format);
    try {
      links.parse(object.bytes, 0, object.bytes.length, oid);
    } catch (error) {
      if (!isGitmidxError(error, "bad-object")) throw error;
      this.#source.tell({ kind: "error", text: error.message });
      return undefined;
    }
    const { byteLength } = format;
    const count = (await this.#isShallow(oid)) ? 0 : links.parentCount;
    const parents = Array.from({ length: count }, (_, i) => links.parents.slice(i * byteLength, (i + 1) * byteLength));
    return { tree: links.tree, parents };
  }

  async #target(oid: Uint8Array): Promise<Uint8Array | undefined> {
    const { objects, format, tell } = this.#source;
    const object = await objects.read(oid);
    if (object?.type !== "tag") return undefined;
    try {
      const links = readTagLinks(object.bytes, 0, object.bytes.length, format, oid);
      const found = await this.typed(links.target);
      const wanted = objectTypeName(links.targetType);
      if (found === undefined || found.type === wanted) return links.target;
      tell({ kind: "error", text: `object ${toHex(links.target)} is a ${found.type}, not a ${wanted}` });
      return undefined;
    } catch (error) {
      if (!isGitmidxError(error, "bad-object")) throw error;
      return undefined;
    }
  }

  async #isShallow(oid: Uint8Array): Promise<boolean> {
    const { fs, places, format } = this.#source;
    if (this.#shallow === undefined) {
      const path = `${places.commonDir}/shallow`;
      const there = (await fs.stat(path))?.kind === "file";
      const lines = there ? new TextDecoder().decode(await fs.readFile(path)).split("\n") : [];
      this.#shallow = new Set(lines.filter((line) => line.length === format.hexLength && isHex(line)));
    }
    return this.#shallow.size > 0 && this.#shallow.has(toHex(oid));
  }
}

/** Where a tag or commit of lenient reading leads: what stands behind `object ` or `tree ` at its beginning. */
export function leadOf(
  source: Pick<RevisionSource, "format">,
  type: ObjectType,
  bytes: Uint8Array,
): Uint8Array | undefined {
  const word = type === "commit" ? "tree " : type === "tag" ? "object " : undefined;
  if (word === undefined) return undefined;
  const { hexLength } = source.format;
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, word.length + hexLength));
  const hex = text.slice(word.length);
  return text.startsWith(word) && hex.length === hexLength && isHex(hex) ? oidFromHex(hex, source.format) : undefined;
}
