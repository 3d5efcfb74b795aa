/** One object: its type, its size, its content, or whether it is there. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { type ObjectType, objectTypeCode } from "../../core/object-type.js";
import { isHex, oidFromHex, toHex } from "../../core/oid.js";
import { canonicalMode, isGitlinkMode, isTreeMode, TreeCursor } from "../../formats/object/tree.js";
import type { ObjectStream, StoredObject } from "../../store/stored-object.js";
import { leadOf } from "../resolve-revision/peel.js";
import type { RevisionResolver } from "../resolve-revision/resolver.js";
import type { RevisionSource } from "../resolve-revision/revision.js";
import { ByteOutput, type WriteBytes } from "./byte-output.js";
import { damageOf, isEmptyFile, shownPath, tellDamage } from "./damage.js";
import { quotedName } from "./quote.js";

/** The objects, with streams of large ones. */
export interface ShownObjects {
  read(oid: Uint8Array): Promise<StoredObject | undefined>;
  openStream(oid: Uint8Array): Promise<ObjectStream | undefined>;
  /** Whether the object is there; replace refs do not count. */
  has(oid: Uint8Array): Promise<boolean>;
}

/** What is asked of the object. */
export type ShowRequest =
  | { readonly kind: "exists" | "print" | "size" | "type" }
  /** The content of the object of that type that it leads to. */
  | { readonly kind: "content"; readonly type: string };

/** What showing an object takes. */
export interface ShowContext {
  readonly source: RevisionSource;
  readonly resolver: RevisionResolver;
  readonly objects: ShownObjects;
  readonly write: WriteBytes;
}

/**
 * Writes what is asked for.
 * @returns false if the question was whether the object is there, and it is not.
 * @throws GitmidxError `bad-revision`, `unknown-object` or `wrong-object-type`, in git's words; codes of damaged objects
 */
export async function showObject(context: ShowContext, revision: string, request: ShowRequest): Promise<boolean> {
  const found = await context.resolver.resolve(revision, { failure: "diagnosis" });
  if (found.outcome !== "found") throw notValid(revision);
  if (request.kind === "exists") return context.objects.has(found.oid);
  await new Showing(context, revision).show(found.oid, request);
  return true;
}

class Showing {
  readonly #context: ShowContext;
  readonly #revision: string;
  readonly #output: ByteOutput;

  constructor(context: ShowContext, revision: string) {
    this.#context = context;
    this.#revision = revision;
    this.#output = new ByteOutput(context.write);
  }

  async show(oid: Uint8Array, request: ShowRequest): Promise<void> {
    if (request.kind === "content") await this.#content(oid, request.type);
    else if (request.kind === "print") await this.#print(oid);
    else {
      const header = await this.#header(oid);
      if (header === undefined) throw new GitmidxError("unknown-object", "git cat-file: could not get object info");
      await this.#output.text(`${request.kind === "type" ? header.type : header.size}\n`);
    }
    await this.#output.flush();
  }

  /** Type and size. Of a damaged object git says what is wrong with it, and goes on as if it were not there. */
  async #header(oid: Uint8Array) {
    const { source } = this.#context;
    try {
      return await source.objects.readHeader(oid);
    } catch (error) {
      const damage = damageOf(error);
      // git dies of it
      if (damage === undefined || damage.code === "wrong-object-type") throw damage ?? error;
      tellDamage(source, damage);
      return undefined;
    }
  }

  /** The whole object. @throws GitmidxError for a damaged one, once it is told what is wrong with it */
  async #read(oid: Uint8Array): Promise<StoredObject | undefined> {
    const { source, objects } = this.#context;
    try {
      return await objects.read(oid);
    } catch (error) {
      const damage = damageOf(error);
      if (damage === undefined || damage === error) throw error;
      if (damage.code === "wrong-object-type") throw damage;
      tellDamage(source, damage);
      if (isEmptyFile(damage)) return undefined;
      const [corrupt = ""] = isGitmidxError(error) ? error.message.split("\n") : [];
      throw new GitmidxError(damage.code, shownPath(source, corrupt), { path: damage.path, cause: error });
    }
  }

  async #print(oid: Uint8Array): Promise<void> {
    const header = await this.#header(oid);
    if (header === undefined) throw notValid(this.#revision);
    if (header.type === "tree") return this.#printTree();
    if (header.type === "blob") return this.#stream(oid);
    const object = await this.#read(oid);
    if (object === undefined) throw new GitmidxError("unknown-object", `Cannot read object ${this.#revision}`);
    await this.#output.bytes(object.bytes);
  }

  /** The object of the wanted type that a tag or a commit leads to. */
  async #content(from: Uint8Array, wanted: string): Promise<void> {
    const code = objectTypeCode(wanted);
    if (code === undefined) throw new GitmidxError("wrong-object-type", `invalid object type "${wanted}"`);
    const type = wanted as ObjectType;
    if (type === "blob") {
      const target = await this.#blobBehind(from);
      if ((await this.#header(target))?.type === "blob") return this.#stream(target);
    }
    let oid: Uint8Array | undefined = from;
    while (oid !== undefined) {
      const object: StoredObject | undefined = await this.#read(oid);
      if (object?.type === type) {
        await this.#output.bytes(object.bytes);
        return;
      }
      oid = object && leadOf(this.#context.source, object.type, object.bytes);
    }
    throw new GitmidxError("wrong-object-type", `git cat-file ${this.#revision}: bad file`);
  }

  /** What a tag names, whatever that is; else the object itself. */
  async #blobBehind(oid: Uint8Array): Promise<Uint8Array> {
    if ((await this.#header(oid))?.type !== "tag") return oid;
    const { format } = this.#context.source;
    const tag = await this.#read(oid);
    if (tag === undefined) throw new GitmidxError("unknown-object", `unable to read ${toHex(oid)}`);
    const lead = new TextDecoder("latin1").decode(tag.bytes.subarray(0, "object ".length + format.hexLength));
    const hex = lead.slice("object ".length);
    if (lead.startsWith("object ") && hex.length === format.hexLength && isHex(hex)) return oidFromHex(hex, format);
    throw new GitmidxError("bad-object", `${toHex(oid)} not a valid tag`);
  }

  async #stream(oid: Uint8Array): Promise<void> {
    const failed = (cause?: unknown) =>
      new GitmidxError("unknown-object", `unable to stream ${toHex(oid)} to stdout`, { cause });
    try {
      const stream = await this.#context.objects.openStream(oid);
      if (stream === undefined) throw failed();
      for await (const chunk of stream.chunks) await this.#output.bytes(chunk);
    } catch (error) {
      const damage = damageOf(error);
      if (damage === undefined || damage.code === "unknown-object") throw error;
      // what was read is there; of what is wrong with the rest git says no more
      await this.#output.flush();
      throw failed(error);
    }
  }

  /** The tree as git-ls-tree lists it: git runs that, which resolves the revision once more. */
  async #printTree(): Promise<void> {
    const { resolver, source } = this.#context;
    const again = await resolver.resolve(this.#revision);
    const oid = again.outcome === "found" ? await resolver.peeler.peel(again.oid, "tree", this.#revision) : undefined;
    const tree = oid && (await this.#read(oid));
    if (tree === undefined) throw notValid(this.#revision);
    const highBytes = (source.config.bool("core.quotePath") ?? true) ? "escaped" : "plain";
    const cursor = new TreeCursor(source.format);
    for (cursor.reset(tree.bytes); cursor.next(); ) {
      const mode = canonicalMode(cursor.mode);
      const type = isTreeMode(mode) ? "tree" : isGitlinkMode(mode) ? "commit" : "blob";
      const hex = toHex(tree.bytes, cursor.idAt, source.format.byteLength);
      const name = quotedName(tree.bytes.subarray(cursor.nameStart, cursor.nameEnd), highBytes);
      await this.#output.text(`${mode.toString(8).padStart(6, "0")} ${type} ${hex}\t`);
      await this.#output.bytes(name);
      await this.#output.text("\n");
    }
  }
}

function notValid(revision: string): GitmidxError {
  return new GitmidxError("bad-revision", `Not a valid object name ${revision}`);
}
