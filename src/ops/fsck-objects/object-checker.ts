/** git's fsck of one object after the other, and at the end of the blobs that trees turned out to name `.gitmodules` and `.gitattributes`. */

import { OidSet } from "../../bytes/oid-set.js";
import type { ObjectType } from "../../core/object-type.js";
import { type ObjectFormat, toHex } from "../../core/oid.js";
import { TreeCursor } from "../../formats/object/tree.js";
import { checkGitattributes, checkGitmodules } from "./check-blob.js";
import { checkCommit } from "./check-commit.js";
import { checkTag } from "./check-tag.js";
import { checkTree, type TreeReport } from "./check-tree.js";
import { type FsckMessageId, type FsckSeverity, fsckMessages } from "./messages.js";
import { defaultMaxNameByteLength, type FsckSettings } from "./settings.js";

/** Something that git's fsck says of an object. */
export interface FsckFinding {
  /** The message's id; undefined for what git says while it reads the object. */
  readonly id: FsckMessageId | undefined;
  /** `error`: the object is refused. `list`: a missing `.gitmodules` where those are to be listed. */
  readonly severity: "error" | "warning" | "list";
  /** The object in lower-case hex. */
  readonly oid: string;
  /** Git's words without the id: `contains duplicate file entries`. */
  readonly text: string;
}

/** The finding as git prints it, without a line end: `error: object 1a2b…: duplicateEntries: contains duplicate file entries`. */
export function fsckFindingLine({ id, severity, oid, text }: FsckFinding): string {
  return id === undefined ? `error: ${text}` : `${severity}: object ${oid}: ${id}: ${text}`;
}

/** An object as a reader gives it. */
export interface CheckedObject {
  readonly type: ObjectType;
  /** Undefined for a blob too large to be held. */
  readonly bytes: Uint8Array | undefined;
}

/** Reads an object; undefined if there is none. */
export type ReadObject = (oid: Uint8Array) => Promise<CheckedObject | undefined>;

/** Blobs that are still to be checked: ids, one behind the other. Plain data, which a worker can send. */
export interface QueuedBlobs {
  readonly gitmodules: Uint8Array;
  readonly gitmodulesDone: Uint8Array;
  readonly gitattributes: Uint8Array;
  readonly gitattributesDone: Uint8Array;
}

/** The two kinds of files that git reads itself. */
type FileKind = "gitmodules" | "gitattributes";

const nothing: readonly FsckFinding[] = [];

/** Checks objects as git's fsck does. */
export class ObjectChecker implements TreeReport {
  readonly #format: ObjectFormat;
  readonly #settings: FsckSettings;
  readonly #strict: boolean;
  readonly #maxNameByteLength: number;
  readonly #skipped: ReadonlySet<string>;
  readonly #cursor: TreeCursor;
  readonly #found: Record<FileKind, OidSet>;
  readonly #done: Record<FileKind, OidSet>;
  #oid: Uint8Array;
  #findings: FsckFinding[] = [];
  readonly #report = (id: FsckMessageId, text: string): boolean => this.report(id, text);

  constructor(format: ObjectFormat, settings: FsckSettings = {}) {
    const ids = () => new OidSet(format.byteLength);
    this.#format = format;
    this.#settings = settings;
    this.#strict = settings.strict ?? true;
    this.#maxNameByteLength = settings.maxNameByteLength ?? defaultMaxNameByteLength;
    this.#skipped = new Set(settings.skipped);
    this.#cursor = new TreeCursor(format);
    this.#found = { gitmodules: ids(), gitattributes: ids() };
    this.#done = { gitmodules: ids(), gitattributes: ids() };
    this.#oid = new Uint8Array(format.byteLength);
  }

  /**
   * Checks an object.
   * @param bytes its content, which may be reused afterwards; undefined for a blob too large to be held.
   * @returns what is to be said of it, in git's order; mostly nothing.
   */
  check(type: ObjectType, oid: Uint8Array, bytes: Uint8Array | undefined): readonly FsckFinding[] {
    this.#oid = oid;
    if (type === "blob") this.#checkBlob(bytes);
    else if (bytes === undefined) throw new RangeError(`a ${type} is checked whole`);
    else if (type === "tree") this.#checkTree(bytes);
    // Of an object on the list nothing is said; only trees lead to others.
    else if (this.#isSkipped()) return nothing;
    else if (type === "commit") checkCommit(bytes, this.#format, this.#report);
    else checkTag(bytes, this.#format, this.#report);
    return this.#take();
  }

  /** Whether {@link finish} has something to read. */
  get hasQueuedChecks(): boolean {
    return this.#isQueued("gitmodules") || this.#isQueued("gitattributes");
  }

  /**
   * Checks the files that trees name and that were not checked after those trees.
   * @param isPromised whether an object may be missing because a promisor has it.
   */
  async finish(read: ReadObject, isPromised?: (oid: Uint8Array) => Promise<boolean>): Promise<readonly FsckFinding[]> {
    for (const kind of ["gitmodules", "gitattributes"] as const) {
      const found = this.#found[kind];
      for (let row = 0; row < found.count; row++) {
        const oid = found.idAt(row);
        if (this.#done[kind].has(oid)) continue;
        const object = await read(oid);
        this.#oid = oid;
        if (object === undefined) {
          if (!(await isPromised?.(oid))) this.report(`${kind}Missing`, `unable to read .${kind} blob`);
        } else if (object.type === "blob") this.#checkBlob(object.bytes);
        else this.report(`${kind}Blob`, `non-blob found at .${kind}`);
      }
    }
    return this.#take();
  }

  /** What {@link finish} would have to read, for the checker of another thread. */
  queued(): QueuedBlobs {
    const ids = (set: OidSet) => set.ids.slice(0, set.count * set.idByteLength);
    return {
      gitmodules: ids(this.#found.gitmodules),
      gitmodulesDone: ids(this.#done.gitmodules),
      gitattributes: ids(this.#found.gitattributes),
      gitattributesDone: ids(this.#done.gitattributes),
    };
  }

  /** Takes over what the checker of another thread has queued. */
  merge(queued: QueuedBlobs): void {
    addAll(this.#found.gitmodules, queued.gitmodules);
    addAll(this.#done.gitmodules, queued.gitmodulesDone);
    addAll(this.#found.gitattributes, queued.gitattributes);
    addAll(this.#done.gitattributes, queued.gitattributesDone);
  }

  report(id: FsckMessageId, text: string): boolean {
    const severity = this.#severityOf(id);
    if (severity === "ignore" || this.#isSkipped()) return false;
    const isError = severity === "error" || severity === "fatal";
    const listed = id === "gitmodulesMissing" && this.#settings.listMissingGitmodules === true;
    this.#findings.push({ id, severity: listed ? "list" : isError ? "error" : "warning", oid: toHex(this.#oid), text });
    return isError;
  }

  note(text: string): void {
    this.#findings.push({ id: undefined, severity: "warning", oid: toHex(this.#oid), text });
  }

  file(kind: FileKind, bytes: Uint8Array, at: number): void {
    this.#found[kind].add(bytes, at);
  }

  #take(): readonly FsckFinding[] {
    if (this.#findings.length === 0) return nothing;
    const findings = this.#findings;
    this.#findings = [];
    return findings;
  }

  #isQueued(kind: FileKind): boolean {
    const found = this.#found[kind];
    for (let row = 0; row < found.count; row++) if (!this.#done[kind].has(found.viewAt(row))) return true;
    return false;
  }

  #isSkipped(): boolean {
    return this.#skipped.size > 0 && this.#skipped.has(toHex(this.#oid));
  }

  #severityOf(id: FsckMessageId): FsckSeverity {
    const given = this.#settings.severities?.[id];
    if (given !== undefined) return given;
    const usual = fsckMessages[id];
    return usual === "warn" && this.#strict ? "error" : usual;
  }

  #checkTree(bytes: Uint8Array): void {
    this.#cursor.reset(bytes);
    const rules = {
      strict: this.#strict,
      maxNameByteLength: this.#maxNameByteLength,
      idByteLength: this.#format.byteLength,
    };
    checkTree(this.#cursor, rules, this);
  }

  #checkBlob(bytes: Uint8Array | undefined): void {
    const { gitmodules, gitattributes } = this.#found;
    if (gitmodules.count === 0 && gitattributes.count === 0) return;
    const oid = this.#oid;
    const isGitmodules = gitmodules.has(oid);
    const isGitattributes = gitattributes.has(oid);
    if ((!isGitmodules && !isGitattributes) || this.#isSkipped()) return;
    if (isGitmodules && this.#done.gitmodules.add(oid) >= 0) checkGitmodules(bytes, this.#report);
    if (isGitattributes && this.#done.gitattributes.add(oid) >= 0) checkGitattributes(bytes, this.#report);
  }
}

function addAll(set: OidSet, ids: Uint8Array): void {
  for (let at = 0; at < ids.length; at += set.idByteLength) set.add(ids, at);
}
