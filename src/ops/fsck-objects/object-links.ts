/** What commits, trees and tags point to, and whether objects are of the types that others expect of them. */

import { OidSet } from "../../bytes/oid-set.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import {
  blobCode,
  commitCode,
  type ObjectType,
  type ObjectTypeCode,
  objectTypeCode,
  objectTypeName,
  treeCode,
} from "../../core/object-type.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { CommitLinks } from "../../formats/object/commit.js";
import { readTagLinks } from "../../formats/object/tag.js";
import { isBlobMode, isTreeMode, TreeCursor } from "../../formats/object/tree.js";

/** What is known of an object beside its type: somebody points to it; it was given itself. */
const linked = 8;
const given = 16;
const typeBits = 7;

/** The links of a thread, for another: plain data. */
export interface GatheredLinks {
  /** Ids, one behind the other. */
  readonly ids: Uint8Array;
  /** A byte for each. */
  readonly states: Uint8Array;
}

/** Which links are looked at. */
export interface LinkOptions {
  /** Whether what trees point to counts too, and what is pointed to is to be there: `--strict`. */
  readonly follow: boolean;
  /** Takes what git prints before it dies, line by line without line ends: `error: bogus commit object …`. */
  readonly tell: (line: string) => void;
  /** Told each link that is followed: the id at `ids[at]`, and the type that is expected there. */
  readonly onLink?: ((ids: Uint8Array, at: number, type: ObjectTypeCode) => void) | undefined;
}

/** Looks up the type of an object in the repository; undefined if there is none. */
export type LookUpType = (oid: Uint8Array) => Promise<ObjectType | undefined>;

/**
 * Gathers the links of objects one after the other, as index-pack does.
 *
 * Each {@link add} throws what git dies of: `invalid commit`, `Not all child objects of … are reachable`.
 */
export class ObjectLinks {
  readonly #format: ObjectFormat;
  readonly #options: LinkOptions;
  readonly #ids: OidSet;
  #states = new Uint8Array(1024);
  readonly #cursor: TreeCursor;
  readonly #commit: CommitLinks;

  constructor(format: ObjectFormat, options: LinkOptions) {
    this.#format = format;
    this.#options = options;
    this.#ids = new OidSet(format.byteLength);
    this.#cursor = new TreeCursor(format);
    this.#commit = new CommitLinks(format);
  }

  /**
   * Parses an object, as git does before it checks it.
   * @throws GitmidxError `bad-object`
   */
  parse(type: ObjectType, oid: Uint8Array, bytes: Uint8Array | undefined): void {
    try {
      this.#expect(oid, 0, objectTypeCode(type)!, given);
      if (type === "commit") this.#parseCommit(oid, bytes!);
      else if (type === "tag") this.#parseTag(oid, bytes!);
    } catch (error) {
      if (!isGitmidxError(error, "bad-object", "wrong-object-type")) throw error;
      // What git says of a tag that it cannot parse, it says only here.
      if (!error.message.startsWith("could not parse")) this.#options.tell(`error: ${error.message}`);
      const message = type === "blob" ? `invalid blob object ${toHex(oid)}` : `invalid ${type}`;
      throw new GitmidxError("bad-object", message, { cause: error });
    }
  }

  /**
   * Takes the links of an object that {@link parse} has taken.
   * @throws GitmidxError `bad-object`
   */
  follow(type: ObjectType, oid: Uint8Array, bytes: Uint8Array | undefined): void {
    if (type === "blob" || !this.#options.follow) return;
    try {
      if (type === "tree") this.#followTree(bytes!);
      else if (type === "commit") this.#followCommit(bytes!, oid);
      else this.#mark(readTagLinks(bytes!, 0, bytes!.length, this.#format, oid));
    } catch (error) {
      if (!isGitmidxError(error, "bad-object", "wrong-object-type")) throw error;
      this.#options.tell(`error: ${error.message}`);
      const message = `Not all child objects of ${toHex(oid)} are reachable`;
      throw new GitmidxError("bad-object", message, { cause: error });
    }
  }

  /**
   * Looks up everything that is pointed to and was not given.
   * @returns how many objects that was: 0 for a set of objects that is connected in itself.
   * @throws GitmidxError `disconnected` for one that is missing; `wrong-object-type`
   */
  async finish(lookUp: LookUpType): Promise<number> {
    const ids = this.#ids;
    let foreign = 0;
    for (let row = 0; row < ids.count; row++) {
      const state = this.#states[row]!;
      if ((state & (linked | given)) !== linked) continue;
      const oid = ids.idAt(row);
      const type = await lookUp(oid);
      if (type === undefined) throw new GitmidxError("disconnected", `did not receive expected object ${toHex(oid)}`);
      const expected = objectTypeName((state & typeBits) as ObjectTypeCode);
      if (type !== expected) {
        const message = `object ${toHex(oid)}: expected type ${expected}, found ${type}`;
        throw new GitmidxError("wrong-object-type", message);
      }
      foreign++;
    }
    return foreign;
  }

  /** All links so far. */
  gathered(): GatheredLinks {
    const { count, idByteLength } = this.#ids;
    return { ids: this.#ids.ids.slice(0, count * idByteLength), states: this.#states.slice(0, count) };
  }

  /**
   * Takes over the links of another thread.
   * @throws GitmidxError `bad-object` if the two expect different types of an object.
   */
  merge({ ids, states }: GatheredLinks): void {
    for (const [row, state] of states.entries()) {
      const at = row * this.#ids.idByteLength;
      try {
        this.#expect(ids, at, (state & typeBits) as ObjectTypeCode, state & ~typeBits);
      } catch (error) {
        if (!isGitmidxError(error, "wrong-object-type")) throw error;
        this.#options.tell(`error: ${error.message}`);
        const oid = toHex(ids, at, this.#ids.idByteLength);
        throw new GitmidxError("bad-object", `object type mismatch at ${oid}`, { cause: error });
      }
    }
  }

  #parseCommit(oid: Uint8Array, bytes: Uint8Array): void {
    const commit = this.#commit;
    commit.parse(bytes, 0, bytes.length, oid);
    this.#expectOrTell(
      commit.tree,
      0,
      treeCode,
      () => `bad tree pointer ${toHex(commit.tree)} in commit ${toHex(oid)}`,
    );
    const { byteLength } = this.#format;
    for (let at = 0; at < commit.parentCount * byteLength; at += byteLength) {
      const say = () => `bad parent ${toHex(commit.parents, at, byteLength)} in commit ${toHex(oid)}`;
      this.#expectOrTell(commit.parents, at, commitCode, say);
    }
  }

  #parseTag(oid: Uint8Array, bytes: Uint8Array): void {
    const { target, targetType } = readTagLinks(bytes, 0, bytes.length, this.#format, oid);
    this.#expectOrTell(target, 0, targetType, () => `bad tag pointer to ${toHex(target)} in ${toHex(oid)}`);
  }

  /** {@link #expect}, with git's second sentence where that fails. */
  #expectOrTell(ids: Uint8Array, at: number, type: ObjectTypeCode, sentence: () => string): void {
    try {
      this.#expect(ids, at, type, 0);
    } catch (error) {
      if (!isGitmidxError(error, "wrong-object-type")) throw error;
      this.#options.tell(`error: ${error.message}`);
      throw new GitmidxError("bad-object", sentence(), { cause: error });
    }
  }

  #followCommit(bytes: Uint8Array, oid: Uint8Array): void {
    const commit = this.#commit;
    commit.parse(bytes, 0, bytes.length, oid);
    this.#expect(commit.tree, 0, treeCode, linked);
    const { byteLength } = this.#format;
    for (let i = 0; i < commit.parentCount; i++) this.#expect(commit.parents, i * byteLength, commitCode, linked);
  }

  #followTree(bytes: Uint8Array): void {
    const cursor = this.#cursor;
    cursor.reset(bytes);
    if (!cursor.hasMore) return;
    let problem = cursor.step();
    if (problem !== undefined) throw new GitmidxError("bad-object", problem);
    for (let last = false; !last; ) {
      const { mode, idAt } = cursor;
      last = !cursor.hasMore;
      if (!last) problem = cursor.step();
      if (problem !== undefined) {
        // As in git, an entry that no sound one follows is left out, and nothing more comes of it.
        this.#options.tell(`error: ${problem}`);
        return;
      }
      if (isTreeMode(mode)) this.#expect(bytes, idAt, treeCode, linked);
      else if (isBlobMode(mode)) this.#expect(bytes, idAt, blobCode, linked);
    }
  }

  #mark({ target, targetType }: { readonly target: Uint8Array; readonly targetType: ObjectTypeCode }): void {
    this.#expect(target, 0, targetType, linked);
  }

  /** @throws GitmidxError `wrong-object-type` if the object at `ids[at]` is known to be of another type. */
  #expect(ids: Uint8Array, at: number, type: ObjectTypeCode, flags: number): void {
    this.#take(ids, at, type, flags);
    if (flags === linked) this.#options.onLink?.(ids, at, type);
  }

  #take(ids: Uint8Array, at: number, type: ObjectTypeCode, flags: number): void {
    const added = this.#ids.add(ids, at);
    if (added >= 0) {
      if (added === this.#states.length) this.#widen();
      this.#states[added] = type | flags;
      return;
    }
    const row = -1 - added;
    const state = this.#states[row]!;
    if ((state & typeBits) !== type) {
      const oid = toHex(ids, at, this.#format.byteLength);
      const known = objectTypeName((state & typeBits) as ObjectTypeCode);
      throw new GitmidxError("wrong-object-type", `object ${oid} is a ${known}, not a ${objectTypeName(type)}`);
    }
    this.#states[row] = state | flags;
  }

  #widen(): void {
    const wider = new Uint8Array(2 * this.#states.length);
    wider.set(this.#states);
    this.#states = wider;
  }
}
