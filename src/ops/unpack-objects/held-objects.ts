/** `--strict`: commits, trees and tags that are held back until everything that they point to is known to be there. */

import { OidSet } from "../../bytes/oid-set.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { type ObjectTypeCode, objectTypeName } from "../../core/object-type.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import type { StoredObject } from "../../store/stored-object.js";
import { fsckFindingLine, ObjectChecker, type ReadObject } from "../fsck-objects/object-checker.js";
import { type LookUpType, ObjectLinks } from "../fsck-objects/object-links.js";
import type { FsckSettings } from "../fsck-objects/settings.js";

/** What the held objects need of their surroundings. */
export interface HeldObjectsOptions {
  readonly fsck: FsckSettings;
  /** Takes what git prints before it dies, line by line without line ends. */
  readonly tell: (line: string) => void;
  readonly lookUp: LookUpType;
  readonly write: (oid: Uint8Array, object: StoredObject) => Promise<void>;
}

/** An object whose links are being followed. */
interface Visit {
  readonly row: number;
  readonly oid: Uint8Array;
  readonly object: StoredObject;
  readonly links: readonly Link[];
  next: number;
}

interface Link {
  readonly oid: Uint8Array;
  readonly type: ObjectTypeCode;
}

/** Holds objects, and at the end checks and writes them, what they point to first. */
export class HeldObjects {
  readonly #options: HeldObjectsOptions;
  readonly #checker: ObjectChecker;
  readonly #links: ObjectLinks;
  /** All objects that were met: of the pack or elsewhere. */
  readonly #ids: OidSet;
  /** Those that are held, by their rows. */
  readonly #held = new Map<number, StoredObject>();
  /** Rows of objects that are in the repository. */
  readonly #there = new Set<number>();
  #found: Link[] = [];

  constructor(format: ObjectFormat, options: HeldObjectsOptions) {
    const { fsck, tell } = options;
    this.#options = options;
    this.#checker = new ObjectChecker(format, fsck);
    this.#links = new ObjectLinks(format, {
      follow: true,
      tell,
      onLink: (ids, at, type) => this.#found.push({ oid: ids.slice(at, at + format.byteLength), type }),
    });
    this.#ids = new OidSet(format.byteLength);
  }

  /** A blob that is written already. @throws GitmidxError `bad-object` */
  addBlob(oid: Uint8Array): void {
    this.#links.parse("blob", oid, undefined);
    this.#there.add(this.#rowOf(oid));
  }

  /** Holds an object. @throws GitmidxError `bad-object`: `invalid commit` */
  add(oid: Uint8Array, object: StoredObject): void {
    this.#links.parse(object.type, oid, object.bytes);
    this.#held.set(this.#rowOf(oid), object);
  }

  /** The object, if it is held. */
  get(oid: Uint8Array): StoredObject | undefined {
    return this.#held.get(this.#ids.find(oid));
  }

  /**
   * Checks all that is held and what it points to, and writes it.
   * @throws GitmidxError with what git dies of
   */
  async finish(read: ReadObject): Promise<void> {
    for (const row of this.#held.keys()) if (!this.#there.has(row)) await this.#writeFrom(row);
    if (this.#say(await this.#checker.finish(read))) throw new GitmidxError("bad-object", "fsck error in pack objects");
  }

  #rowOf(oid: Uint8Array): number {
    const added = this.#ids.add(oid);
    return added >= 0 ? added : -1 - added;
  }

  async #writeFrom(first: number): Promise<void> {
    const visits = [this.#visit(first)];
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const link = visit.links[visit.next++];
      if (link === undefined) {
        await this.#options.write(visit.oid, visit.object);
        this.#there.add(visit.row);
        visits.pop();
        continue;
      }
      const row = this.#rowOf(link.oid);
      if (this.#there.has(row)) continue;
      if (this.#held.has(row)) visits.push(this.#visit(row));
      else {
        const type = await this.#options.lookUp(link.oid);
        if (type !== objectTypeName(link.type)) throw new GitmidxError("disconnected", "object of unexpected type");
        this.#there.add(row);
      }
    }
  }

  #visit(row: number): Visit {
    const oid = this.#ids.idAt(row);
    const object = this.#held.get(row)!;
    const { type, bytes } = object;
    if (this.#say(this.#checker.check(type, oid, bytes)))
      throw new GitmidxError("bad-object", "fsck error in packed object");
    this.#found = [];
    try {
      this.#links.follow(type, oid, bytes);
    } catch (error) {
      if (!isGitmidxError(error, "bad-object")) throw error;
      throw new GitmidxError("bad-object", `Error on reachable objects of ${toHex(oid)}`, { cause: error });
    }
    return { row, oid, object, links: this.#found, next: 0 };
  }

  /** @returns whether there is an error among them. */
  #say(findings: ReturnType<ObjectChecker["check"]>): boolean {
    for (const finding of findings) this.#options.tell(fsckFindingLine(finding));
    return findings.some(({ severity }) => severity === "error");
  }
}
