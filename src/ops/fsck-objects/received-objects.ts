/** Checks objects as they come in from outside, as `index-pack --strict` and `--fsck-objects` do. */

import { GitmidxError } from "../../core/errors.js";
import type { ObjectType } from "../../core/object-type.js";
import type { ObjectFormat } from "../../core/oid.js";
import {
  type FsckFinding,
  fsckFindingLine,
  ObjectChecker,
  type QueuedBlobs,
  type ReadObject,
} from "./object-checker.js";
import { type GatheredLinks, type LookUpType, ObjectLinks } from "./object-links.js";
import type { FsckSettings } from "./settings.js";

/** What is checked: plain data but for `tell`. */
export interface ReceivedObjectRules {
  /** git's fsck of each object; none if undefined. */
  readonly fsck: FsckSettings | undefined;
  /** Whether everything that objects point to must be there: `--strict` and `--check-self-contained-and-connected`. */
  readonly links: boolean;
}

/** What the checks of one thread leave for the end. */
export interface ReceivedObjectState {
  readonly queued: QueuedBlobs | undefined;
  readonly links: GatheredLinks;
}

/** Checks received objects one after the other. */
export class ReceivedObjects {
  readonly #checker: ObjectChecker | undefined;
  readonly #links: ObjectLinks;
  readonly #tell: (line: string) => void;

  /** @param tell takes what git prints on standard error, line by line without line ends. */
  constructor(format: ObjectFormat, rules: ReceivedObjectRules, tell: (line: string) => void) {
    this.#checker = rules.fsck === undefined ? undefined : new ObjectChecker(format, rules.fsck);
    this.#links = new ObjectLinks(format, { follow: rules.links, tell });
    this.#tell = tell;
  }

  /**
   * Checks an object.
   * @param bytes its content, which may be reused afterwards; undefined for a blob too large to be held.
   * @throws GitmidxError `bad-object` with what git dies of: `invalid commit`, `fsck error in packed object`, `Not all child objects of …`
   */
  check(type: ObjectType, oid: Uint8Array, bytes: Uint8Array | undefined): void {
    this.#links.parse(type, oid, bytes);
    if (this.#checker !== undefined && this.#say(this.#checker.check(type, oid, bytes)))
      throw new GitmidxError("bad-object", "fsck error in packed object");
    this.#links.follow(type, oid, bytes);
  }

  /** Whether {@link finishFsck} reads objects, which must be in place then. */
  get hasQueuedChecks(): boolean {
    return this.#checker?.hasQueuedChecks ?? false;
  }

  /**
   * Looks up what the objects point to and what was not among them.
   * @returns how many objects that was.
   * @throws GitmidxError as {@link ObjectLinks.finish}
   */
  checkLinks(lookUp: LookUpType): Promise<number> {
    return this.#links.finish(lookUp);
  }

  /**
   * Checks the files that git reads itself and that came before the trees that name them.
   * @returns ids of missing `.gitmodules` in lower-case hex, where they are to be listed.
   * @throws GitmidxError `bad-object`: `fsck error in pack objects`
   */
  async finishFsck(read: ReadObject, isPromised?: (oid: Uint8Array) => Promise<boolean>): Promise<readonly string[]> {
    const findings = (await this.#checker?.finish(read, isPromised)) ?? [];
    const listed = findings.filter(({ severity }) => severity === "list").map(({ oid }) => oid);
    if (this.#say(findings)) throw new GitmidxError("bad-object", "fsck error in pack objects");
    return listed;
  }

  /** What is left for the end, for {@link merge} on another thread. */
  state(): ReceivedObjectState {
    return { queued: this.#checker?.queued(), links: this.#links.gathered() };
  }

  /** Takes over what the checks of another thread have left. @throws GitmidxError `bad-object` */
  merge({ queued, links }: ReceivedObjectState): void {
    if (queued !== undefined) this.#checker?.merge(queued);
    this.#links.merge(links);
  }

  /** @returns whether there is an error among them. */
  #say(findings: readonly FsckFinding[]): boolean {
    let failed = false;
    for (const finding of findings) {
      if (finding.severity === "list") continue;
      this.#tell(fsckFindingLine(finding));
      failed ||= finding.severity === "error";
    }
    return failed;
  }
}
