/** Puts objects into the packing list, unless the options leave them out. */

import type { ObjectTypeCode } from "../../../core/object-type.js";
import { toHex } from "../../../core/oid.js";
import { loosePath } from "../../../store/loose.js";
import type { NameHash } from "../../walk/name-hash.js";
import { noTryDeltaFlag, type PackingList, preferredBaseFlag } from "../packing-list.js";
import { type KnownPacks, keptHere, keptOnDisk, keptOpen, now } from "./known-packs.js";

/** Objects that are left out although they were selected. */
export interface LeaveOut {
  /** `--local`: objects that are borrowed from alternates. */
  readonly local?: boolean | undefined;
  /** `--incremental`: objects that are in any pack. */
  readonly incremental?: boolean | undefined;
  /** `--honor-pack-keep`: objects in packs with a `.keep` file. */
  readonly honorPackKeep?: boolean | undefined;
  /** `--keep-pack`: objects in these packs of the repository itself: names of `.pack` files. */
  readonly keepPacks?: readonly string[] | undefined;
}

/** The name of an object: the first `length` bytes. */
export interface ObjectName {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** An empty name. */
export const emptyName: ObjectName = { bytes: new Uint8Array(0), length: 0 };

/** Adds objects to one list. */
export class ObjectAdder {
  readonly list: PackingList;
  readonly packs: KnownPacks;
  readonly nameHash: NameHash;
  /** Objects in packs that are `keptHere` are left out. */
  ignoresKeptHere: boolean;
  /** Objects in packs that are `keptOpen` are left out. */
  ignoresKeptOpen = false;
  readonly #noDelta: ((name: Uint8Array) => boolean) | undefined;
  readonly #incremental: boolean;
  readonly #local: boolean;
  readonly #honorKeep: boolean;
  readonly #borrows: boolean;

  /** @param noDelta whether no delta is to be looked for, by the object's path: attribute `-delta`. */
  constructor(
    list: PackingList,
    packs: KnownPacks,
    nameHash: NameHash,
    leaveOut: LeaveOut,
    noDelta?: (name: Uint8Array) => boolean,
  ) {
    this.list = list;
    this.packs = packs;
    this.nameHash = nameHash;
    this.#noDelta = noDelta;
    this.#incremental = leaveOut.incremental === true;
    this.#local = leaveOut.local === true;
    this.#honorKeep = leaveOut.honorPackKeep === true && packs.all.some(({ local, kept }) => local && kept);
    this.#borrows = packs.all.some(({ local }) => !local);
    const names = new Set(leaveOut.keepPacks);
    for (const known of packs.all) if (known.local && names.has(known.packName)) known.keptHere = true;
    this.ignoresKeptHere = packs.all.some((known) => known.keptHere);
  }

  /** Adds an object that is to be packed, unless it is left out. @param name its path; undefined where it has none. */
  add(oid: Uint8Array, type: ObjectTypeCode | 0, name: ObjectName | undefined): void | Promise<void> {
    if (!this.#mayLeaveOut) {
      this.#append(oid, type, name);
      return;
    }
    if (this.list.find(oid) < 0) return this.#addIfWanted(oid.slice(), type, name && copied(name));
  }

  /** The same for an object of which the name's hash is known. */
  addHashed(oid: Uint8Array, type: ObjectTypeCode, nameHash: number): void | Promise<void> {
    if (!this.#mayLeaveOut) {
      this.list.add(oid, type, nameHash, 0);
      return;
    }
    if (this.list.find(oid) >= 0) return;
    const id = oid.slice();
    return this.wants(id).then((wanted) => {
      if (wanted) this.list.add(id, type, nameHash, 0);
    });
  }

  /** Whether no object is left out. */
  get takesAll(): boolean {
    return !this.#mayLeaveOut;
  }

  /** Adds an object that deltas may stand on, but that is not packed. */
  addBase(oid: Uint8Array, type: ObjectTypeCode | 0, name: ObjectName | undefined): void {
    this.list.add(oid, type, this.#hash(name), preferredBaseFlag | this.#flags(name));
  }

  /** Gives a listed object a name. */
  rename(row: number, name: ObjectName | undefined): void {
    this.list.nameHashes[row] = this.#hash(name);
    const flags = this.list.flags[row]! & ~noTryDeltaFlag;
    this.list.flags[row] = flags | this.#flags(name);
  }

  /**
   * Whether the options let an object in.
   * @param mtime when it was last used, for cruft packs: a copy in a kept cruft pack that is older does not count.
   */
  async wants(oid: Uint8Array, mtime = 0): Promise<boolean> {
    if (!this.#mayLeaveOut) return true;
    if (this.#local && (await this.#isLooseElsewhere(oid))) return false;
    const holders = await this.packs.holders(oid);
    if (holders.length === 0) return true;
    if (this.#incremental) return false;
    if (this.#local && holders.some(({ local }) => !local)) return false;
    const reasons = this.#keepReasons;
    if (reasons === 0) return true;
    const kept = this.packs.kept(reasons);
    for (const holder of holders) {
      if (!kept.includes(holder)) continue;
      if (!this.comparesTimes || !holder.cruft) return false;
      const usedThere = await now(() => {
        const position = holder.pack.idx.find(oid);
        return position === undefined ? mtime : this.packs.mtimeIn(holder, position);
      });
      if (mtime <= usedThere) return false;
    }
    return true;
  }

  /** Told that an object was left out. */
  leftOut: (() => void) | undefined;

  /** Whether copies in kept cruft packs count only if they were used later: where a cruft pack is kept beside a new one. */
  comparesTimes = false;

  get #mayLeaveOut(): boolean {
    return this.#incremental || this.#keepReasons !== 0 || this.#localMatters;
  }

  get #keepReasons(): number {
    return (
      (this.#honorKeep ? keptOnDisk : 0) | (this.ignoresKeptHere ? keptHere : 0) | (this.ignoresKeptOpen ? keptOpen : 0)
    );
  }

  get #localMatters(): boolean {
    return this.#local && (this.#borrows || this.packs.directories.length > 1);
  }

  async #addIfWanted(oid: Uint8Array, type: ObjectTypeCode | 0, name: ObjectName | undefined): Promise<void> {
    if (await this.wants(oid)) this.#append(oid, type, name);
    else this.leftOut?.();
  }

  #append(oid: Uint8Array, type: ObjectTypeCode | 0, name: ObjectName | undefined): void {
    this.list.add(oid, type, this.#hash(name), this.#flags(name));
  }

  #hash(name: ObjectName | undefined): number {
    return name === undefined ? 0 : this.nameHash(name.bytes, name.length);
  }

  #flags(name: ObjectName | undefined): number {
    if (name === undefined || this.#noDelta === undefined) return 0;
    return this.#noDelta(name.bytes.subarray(0, name.length)) ? noTryDeltaFlag : 0;
  }

  async #isLooseElsewhere(oid: Uint8Array): Promise<boolean> {
    const hex = toHex(oid);
    for (const directory of this.packs.directories.slice(1)) {
      if ((await directory.fs.stat(loosePath(directory, hex))) !== undefined) return true;
    }
    return false;
  }
}

function copied({ bytes, length }: ObjectName): ObjectName {
  return { bytes: bytes.slice(0, length), length };
}
