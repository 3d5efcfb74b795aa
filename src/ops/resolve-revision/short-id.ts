/** Ids given by their first digits: which object is meant, and what to say where that cannot be told. */

import { GitmidxError } from "../../core/errors.js";
import type { ObjectType } from "../../core/object-type.js";
import { isHex, oidFromHex } from "../../core/oid.js";
import { readCommit } from "../../formats/object/commit.js";
import { readTag } from "../../formats/object/tag.js";
import type { Peeler } from "./peel.js";
import type { Disambiguation, RevisionSource, Step } from "./revision.js";

/** The shortest prefix that git takes. */
const leastDigits = 4;
/** The shortest abbreviation that git prints. */
const leastAbbreviation = 7;

/** Whether git says that a prefix is ambiguous. */
export type Loudness = "loud" | "quiet";

/** Finds objects by the first digits of their ids. */
export class ShortIds {
  readonly #source: RevisionSource;
  readonly #peeler: Peeler;

  constructor(source: RevisionSource, peeler: Peeler) {
    this.#source = source;
    this.#peeler = peeler;
  }

  /** The object that `digits` are taken for. A text that is no prefix is missing. */
  async find(digits: string, wanted: Disambiguation | undefined, loudness: Loudness): Promise<Step> {
    const { objects, format } = this.#source;
    if (digits.length < leastDigits || digits.length > format.hexLength || !isHex(digits)) return "missing";
    const ids = await objects.idsWithPrefix(digits.toLowerCase());
    if (ids.length === 0) return "missing";
    if (ids.length === 1) return oidFromHex(ids[0]!, format);
    const disambiguation = wanted ?? this.#configured();
    const fitting: string[] = [];
    if (disambiguation !== "none") {
      for (const id of ids) if (await this.#fits(oidFromHex(id, format), disambiguation)) fitting.push(id);
    }
    if (fitting.length === 1) return oidFromHex(fitting[0]!, format);
    if (loudness === "loud") await this.#tellCandidates(digits.toLowerCase(), fitting.length > 0 ? fitting : ids);
    return "ambiguous";
  }

  /** The shortest prefix of at least the usual length that no other object has. */
  async abbreviate(hex: string): Promise<string> {
    const { objects, config } = this.#source;
    const configured = config.get("core.abbrev");
    let length = configured !== undefined && /^\d+$/.test(configured) ? Number(configured) : 0;
    if (/^(no|off|false)$/i.test(configured ?? "")) length = hex.length;
    if (length < leastDigits) {
      const bits = Math.floor(Math.log2(Math.max(1, await objects.packedObjectCount()))) + 1;
      length = Math.max(leastAbbreviation, Math.ceil(bits / 2));
    }
    while (length < hex.length && (await objects.idsWithPrefix(hex.slice(0, length))).length > 1) length++;
    return hex.slice(0, length);
  }

  #configured(): Disambiguation {
    const value = this.#source.config.get("core.disambiguate")?.toLowerCase();
    if (value === undefined) return "none";
    const known: readonly Disambiguation[] = ["none", "commit", "committish", "tree", "treeish", "blob"];
    const found = known.find((name) => name === value);
    if (found !== undefined) return found;
    throw new GitmidxError("bad-config", `unknown hint type for 'core.disambiguate': ${value}`);
  }

  async #fits(oid: Uint8Array, wanted: Disambiguation): Promise<boolean> {
    const object = await this.#peeler.typed(oid);
    if (object === undefined) return false;
    const ish = wanted === "committish" || wanted === "treeish";
    const type = ish && object.type === "tag" ? (await this.#peeler.untagged(oid))?.type : object.type;
    if (wanted === "treeish") return type === "commit" || type === "tree";
    return type === (wanted === "committish" ? "commit" : wanted);
  }

  async #tellCandidates(digits: string, ids: readonly string[]): Promise<void> {
    const { tell, format } = this.#source;
    tell({ kind: "error", text: `short object ID ${digits} is ambiguous` });
    const rows: { readonly rank: number; readonly line: string }[] = [];
    for (const id of ids) {
      const oid = oidFromHex(id, format);
      const type = (await this.#peeler.typed(oid))?.type;
      const rank = type === undefined ? -1 : listOrder.indexOf(type);
      rows.push({ rank, line: `  ${await this.abbreviate(id)} ${await this.#describe(oid, type)}\n` });
    }
    const lines = rows.toSorted((a, b) => a.rank - b.rank).map(({ line }) => line);
    tell({ kind: "hint", text: `The candidates are:\n${lines.join("")}` });
  }

  /** What git says of a candidate, behind its id. */
  async #describe(oid: Uint8Array, type: ObjectType | undefined): Promise<string> {
    const { objects, format } = this.#source;
    if (type === undefined) return "[bad object]";
    if (type === "tree" || type === "blob") return type;
    const bytes = (await objects.read(oid))?.bytes ?? new Uint8Array(0);
    try {
      if (type === "commit") {
        const { author, message } = readCommit(bytes, format, oid);
        return `commit ${author === undefined ? "" : shortDate(author.seconds, author.zone)} - ${subjectOf(message)}`;
      }
      const { tagger, name } = readTag(bytes, format, oid);
      return `tag ${shortDate(tagger?.seconds ?? 0, "+0000")} - ${name}`;
    } catch (error) {
      if (!(error instanceof GitmidxError)) throw error;
      return type === "commit" ? "commit  - " : "[bad tag, could not parse it]";
    }
  }
}

/** The order in which candidates are listed. */
const listOrder: readonly ObjectType[] = ["tag", "commit", "tree", "blob"];

/** YYYY-MM-DD in the zone that stands with the time. */
function shortDate(seconds: number, zone: string): string {
  const sign = zone.startsWith("-") ? -1 : 1;
  const digits = Number(zone.replace(/^[+-]/, "")) || 0;
  const minutes = sign * (Math.floor(digits / 100) * 60 + (digits % 100));
  const date = new Date((seconds + minutes * 60) * 1000);
  return Number.isNaN(date.getTime()) ? "1970-01-01" : date.toISOString().slice(0, 10);
}

/** The first paragraph of a message in one line. */
function subjectOf(message: string): string {
  const lines: string[] = [];
  for (const line of message.replace(/^(?:[ \t]*\n)+/, "").split("\n")) {
    if (line.trim() === "") break;
    lines.push(line.trimEnd());
  }
  return lines.join(" ");
}
