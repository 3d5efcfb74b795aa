/** Prints what is asked of one object after another: a line in a format, and the content behind it. */

import { NeedRange, withRanges } from "../../bytes/source.js";
import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { ObjectType } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";
import type { PackPosition } from "../../core/positions.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { OpenPack } from "../../store/open-pack.js";
import type { ObjectStream, StoredObject } from "../../store/stored-object.js";
import { type Atom, BatchFormat } from "./batch-format.js";
import type { BatchRequest } from "./batch-request.js";
import { type ByteOutput, reserveMost } from "./byte-output.js";
import { damageOf } from "./damage.js";
import { isExcluded } from "./object-filter.js";
import { longestDetails, writePlainLine } from "./plain-line.js";

/** Whether contents follow the lines. */
export type Extent = "info" | "contents";

/** Which object is printed, and what is known of it. */
export interface PrintedObject {
  readonly oid: Uint8Array;
  /** What it was called, for `missing`; its id unless given. */
  readonly name?: Uint8Array | undefined;
  readonly mode?: number | undefined;
  readonly rest?: Uint8Array | undefined;
}

/** A copy in a pack. */
export interface PackedPlace {
  readonly pack: OpenPack;
  readonly offset: number;
  /** The entry's number by offset, where that is known. */
  readonly position?: PackPosition | undefined;
}

/** What a line tells besides the id; undefined where the format does not ask for it. */
interface Details {
  readonly type: ObjectType | undefined;
  readonly size: number | undefined;
  readonly diskSize: number | undefined;
  readonly deltaBase: Uint8Array | undefined;
  /** The content, where it is printed and came along. */
  readonly content: Uint8Array | undefined;
  readonly stream: ObjectStream | undefined;
}

/** Objects that are no deltas and larger are printed piece by piece. */
const streamedByteLength = 8 << 20;
const gitlink = 0o160000;
const encoder = new TextEncoder();

/** Told of a damaged object that is passed over. */
export type TellDamage = (damage: GitmidxError) => void;

/** Prints objects of one store in one format. */
export class BatchPrinter {
  readonly #store: ObjectStore;
  readonly #request: BatchRequest;
  readonly #output: ByteOutput;
  readonly #format: BatchFormat;
  readonly #end: string;
  readonly #endByte: number;
  /** Whether the default format and nothing else is asked for. */
  readonly #isPlain: boolean;
  readonly #needsObject: boolean;
  readonly #needsHeader: boolean;
  readonly #needsPlace: boolean;
  readonly #tellDamage: TellDamage;

  constructor(store: ObjectStore, request: BatchRequest, output: ByteOutput, tellDamage: TellDamage) {
    this.#store = store;
    this.#request = request;
    this.#output = output;
    this.#tellDamage = tellDamage;
    const format = new BatchFormat(request.format);
    this.#format = format;
    this.#end = request.outputEnd === "NUL" ? "\0" : "\n";
    this.#endByte = this.#end.charCodeAt(0);
    this.#isPlain = format.isDefault && request.filter === undefined;
    this.#needsObject = !request.allObjects || format.needsObject || request.filter !== undefined;
    this.#needsHeader = format.uses("objecttype") || format.uses("objectsize") || request.filter !== undefined;
    this.#needsPlace = format.uses("objectsize:disk") || format.uses("deltabase");
  }

  /** Whether a line in the default format and nothing else is printed of each object. */
  get isPlain(): boolean {
    return this.#isPlain;
  }

  /** Whether names are followed by text of the user's, which the format prints. */
  get takesRest(): boolean {
    return this.#format.uses("rest");
  }

  /** Prints an object. A promise where it takes more than looking: await it before the next. */
  print(object: PrintedObject, extent: Extent, known?: PackedPlace): Promise<void> | undefined {
    let details: Details | undefined;
    try {
      if (this.#isPlain && this.#printPlain(object.oid, extent, known)) return undefined;
      const place =
        known ?? (this.#needsObject || extent === "contents" ? this.#store.locatePacked(object.oid) : undefined);
      if (place === undefined && (this.#needsObject || extent === "contents"))
        return this.#printLater(object, extent, known);
      details = place === undefined ? noDetails : this.#packedDetails(place, extent);
    } catch (error) {
      if (error instanceof NeedRange || isGitmidxError(error)) return this.#printLater(object, extent, known);
      throw error;
    }
    if (details === undefined) return this.#printLater(object, extent, known);
    return this.#printDetails(object, extent, details);
  }

  /** Prints an object of a pack in the default format, if it is at hand and there is room. @throws GitmidxError, NeedRange */
  #printPlain(oid: Uint8Array, extent: Extent, known: PackedPlace | undefined): boolean {
    const place = known ?? this.#store.locatePacked(oid);
    if (place === undefined) return false;
    const { pack, offset } = place;
    if (extent === "info") {
      const { type, size } = this.#store.headerAt(pack, offset);
      return this.#plainLine(oid, type, size, nothing, 0);
    }
    if (this.#store.entryAt(pack, offset).size > reserveMost) return false;
    const { type, bytes } = this.#store.peekAt(pack, offset);
    return this.#plainLine(oid, type, bytes.length, bytes, bytes.length + 1);
  }

  /** Appends a line in the default format and a content with its end; false if there is no room. */
  #plainLine(oid: Uint8Array, type: ObjectType, size: number, content: Uint8Array, length: number): boolean {
    const output = this.#output;
    let at = output.reserve(2 * oid.length + longestDetails + length);
    if (at < 0) return false;
    const { buffer } = output;
    at = writePlainLine(buffer, at, oid, type, size);
    buffer[at++] = this.#endByte;
    if (length > 0) {
      if (size < shortCopy) for (let i = 0; i < size; i++) buffer[at + i] = content[i]!;
      else buffer.set(content, at);
      at += size;
      buffer[at++] = this.#endByte;
    }
    output.commit(at);
    return true;
  }

  /** Prints a line that says what became of a name, such as `missing`. */
  status(name: Uint8Array, word: string): Promise<void> | undefined {
    const wait = this.#output.bytes(name);
    const text = ` ${word}${this.#end}`;
    return wait === undefined ? this.#output.text(text) : wait.then(() => this.#output.text(text));
  }

  /** Prints a word with a length, and what has that length behind it: `dangling`, `symlink` and their like. */
  async special(word: string, text: Uint8Array): Promise<void> {
    await this.#output.text(`${word} ${text.length}${this.#end}`);
    await this.#output.bytes(text);
    await this.#output.text(this.#end);
  }

  /** What is told of an entry; undefined if it is too large to be read at once. @throws GitmidxError, NeedRange */
  #packedDetails(place: PackedPlace, extent: Extent): Details | undefined {
    const { pack, offset } = place;
    let object: StoredObject | undefined;
    let header: { readonly type: ObjectType; readonly size: number } | undefined;
    if (extent === "contents") {
      const { type, size } = this.#store.entryAt(pack, offset);
      if (size > streamedByteLength && type <= 4) return undefined;
      object = this.#store.peekAt(pack, offset);
    } else if (this.#needsHeader) header = this.#store.headerAt(pack, offset);
    const details: Details = {
      type: object?.type ?? header?.type,
      size: object?.bytes.length ?? header?.size,
      diskSize: undefined,
      deltaBase: undefined,
      content: object?.bytes,
      stream: undefined,
    };
    return this.#needsPlace ? { ...details, ...this.#placeDetails(place) } : details;
  }

  #placeDetails({ pack, offset, position }: PackedPlace): Pick<Details, "diskSize" | "deltaBase"> {
    const end = position === undefined ? pack.entryEnd(offset) : pack.offsetAt((position + 1) as PackPosition);
    const { baseOffset, baseId } = this.#store.entryAt(pack, offset);
    const deltaBase = baseOffset === undefined ? baseId : pack.idAt(baseOffset);
    return { diskSize: end - offset, deltaBase };
  }

  /** The same with promises: for loose and large objects, fetched packs, damage, and what is missing. */
  async #printLater(object: PrintedObject, extent: Extent, known?: PackedPlace): Promise<void> {
    const { oid } = object;
    let details: Details | undefined;
    try {
      details = await this.#detailsLater(oid, extent, known);
    } catch (error) {
      if (!isGitmidxError(error) || error.code === "aborted") throw error;
      const damage = damageOf(error) ?? error;
      if (damage.code === "wrong-object-type") throw damage;
      const header = extent === "contents" ? await this.#store.readHeader(oid).catch(() => undefined) : undefined;
      // as git: what tells type and size well is begun, and what goes wrong then is the end
      if (header !== undefined) {
        await this.#line(object, { ...noDetails, ...header });
        if (header.type !== "blob") throw error;
        const message = `unable to stream ${toHex(oid)} to stdout`;
        throw new GitmidxError(damage.code, message, { cause: error });
      }
      this.#tellDamage(damage);
    }
    if (details === undefined) {
      const isGitlink = object.mode === gitlink;
      const name = (isGitlink ? undefined : object.name) ?? encoder.encode(toHex(oid));
      await this.status(name, isGitlink ? "submodule" : "missing");
      return;
    }
    await this.#printDetails(object, extent, details);
  }

  async #detailsLater(oid: Uint8Array, extent: Extent, known?: PackedPlace): Promise<Details | undefined> {
    const location = known === undefined ? await this.#store.location(oid) : undefined;
    if (known === undefined && location === undefined) return undefined;
    const stream = extent === "contents" ? await this.#store.openStream(oid) : undefined;
    const header = stream ?? (this.#needsHeader ? await this.#store.readHeader(oid) : undefined);
    if ((extent === "contents" || this.#needsHeader) && header === undefined) return undefined;
    const details: Details = { ...noDetails, type: header?.type, size: header?.size, stream };
    if (!this.#needsPlace) return details;
    if (location?.kind === "loose") return { ...details, diskSize: location.diskSize };
    const place = known ?? (location?.kind === "packed" ? location : undefined);
    return place && { ...details, ...(await withRanges(() => this.#placeDetails(place))) };
  }

  #printDetails(object: PrintedObject, extent: Extent, details: Details): Promise<void> | undefined {
    const { filter, allObjects } = this.#request;
    if (filter !== undefined && isExcluded(filter, details.type!, details.size!)) {
      return allObjects ? undefined : this.status(object.name ?? encoder.encode(toHex(object.oid)), "excluded");
    }
    const wait = this.#line(object, details);
    if (extent === "info") return wait;
    if (wait === undefined && details.content !== undefined && details.content.length < roomy) {
      const written = this.#output.bytes(details.content);
      if (written === undefined) return this.#output.text(this.#end);
      return written.then(() => this.#output.text(this.#end));
    }
    return this.#content(wait, details);
  }

  async #content(line: Promise<void> | undefined, { content, stream }: Details): Promise<void> {
    await line;
    if (content !== undefined) await this.#output.bytes(content);
    else for await (const chunk of stream!.chunks) await this.#output.bytes(chunk);
    await this.#output.text(this.#end);
  }

  #line({ oid, mode, rest }: PrintedObject, details: Details): Promise<void> | undefined {
    if (this.#format.isDefault) return this.#output.text(`${toHex(oid)} ${details.type} ${details.size}${this.#end}`);
    const parts: Uint8Array[] = [];
    for (const part of this.#format.parts) {
      if ("text" in part) parts.push(part.text);
      else if (part.atom === "rest") parts.push(rest ?? nothing);
      else parts.push(encoder.encode(atomText(part.atom, oid, mode, details)));
    }
    parts.push(encoder.encode(this.#end));
    return this.#output.bytes(concatenated(parts));
  }
}

/** Below this many bytes a loop is faster than a call. */
const shortCopy = 32;

/** Contents below this size are appended without a promise. */
const roomy = 1 << 30;
const nothing = new Uint8Array(0);
const noDetails: Details = {
  type: undefined,
  size: undefined,
  diskSize: undefined,
  deltaBase: undefined,
  content: undefined,
  stream: undefined,
};

function atomText(atom: Exclude<Atom, "rest">, oid: Uint8Array, mode: number | undefined, details: Details): string {
  switch (atom) {
    case "objectname":
      return toHex(oid);
    case "objecttype":
      return details.type!;
    case "objectsize":
      return `${details.size}`;
    case "objectsize:disk":
      return `${details.diskSize}`;
    case "deltabase":
      return details.deltaBase === undefined ? "0".repeat(2 * oid.length) : toHex(details.deltaBase);
    case "objectmode":
      return mode === undefined ? "" : mode.toString(8).padStart(6, "0");
  }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
