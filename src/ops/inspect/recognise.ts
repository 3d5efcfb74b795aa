/** Tells what a file is: by what stands in it, or by its name. */

import { fanoutByteLength, fanoutFall, readFanout } from "../../bytes/oid-table.js";
import type { ByteSource } from "../../bytes/source.js";
import { isHex, type ObjectFormat, sha1, sha256 } from "../../core/oid.js";
import { bitmapSignature } from "../../formats/bitmap/layout.js";
import { idxSignature } from "../../formats/idx/view.js";
import { midxSignature } from "../../formats/midx/layout.js";
import { mtimesSignature } from "../../formats/mtimes.js";
import { packSignature } from "../../formats/pack-frame.js";
import { revSignature } from "../../formats/rev.js";
import type { InspectedKind } from "./file-report.js";

/** What a file is, and of which hash. */
export interface Recognised {
  readonly kind: InspectedKind;
  readonly format: ObjectFormat;
}

const formats = [sha1, sha256] as const;

/** What the file at that path is by its name; undefined for names that say nothing. */
export function kindByName(path: string): InspectedKind | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === "multi-pack-index" || name.endsWith(".midx")) return "multi-pack-index";
  if (name === "multi-pack-index-chain") return "multi-pack-index-chain";
  if (name.endsWith(".idx")) return "pack-index";
  if (name.endsWith(".rev")) return "reverse-index";
  if (name.endsWith(".mtimes")) return "modification-times";
  if (name.endsWith(".bitmap")) return "bitmap";
  return name.endsWith(".pack") ? "pack" : undefined;
}

/**
 * What the file is; undefined if it is nothing that can be inspected. Reads a page or two.
 * @param hint the hash to assume where the file itself does not tell: of packs, and of indexes, whose size may fit both.
 */
export function recognise(source: ByteSource, hint: ObjectFormat | undefined): Recognised | undefined {
  const { size } = source;
  const signature = size < 4 ? 0 : source.u32(0);
  const byHashId = (offset: number, width: 1 | 4) => {
    if (size < offset + width) return undefined;
    const id = width === 1 ? source.u8(offset) : source.u32(offset);
    return formats.find(({ hashId }) => hashId === id);
  };
  if (signature === midxSignature) return { kind: "multi-pack-index", format: byHashId(5, 1) ?? hint ?? sha1 };
  if (signature === revSignature) return { kind: "reverse-index", format: byHashId(8, 4) ?? hint ?? sha1 };
  if (signature === mtimesSignature) return { kind: "modification-times", format: byHashId(8, 4) ?? hint ?? sha1 };
  if (signature === bitmapSignature) return { kind: "bitmap", format: hint ?? sha1 };
  if (signature === packSignature) return { kind: "pack", format: hint ?? sha1 };
  if (signature === idxSignature) return { kind: "pack-index", format: hint ?? idxFormat(source, 2) ?? sha1 };
  const chain = firstLineFormat(source);
  if (chain !== undefined && isHex(firstLine(source))) return { kind: "multi-pack-index-chain", format: chain };
  const first = idxFormat(source, 1);
  return first && { kind: "pack-index", format: first };
}

/** The hash with whose lengths an index's size and its number of objects agree. */
function idxFormat(source: ByteSource, version: 1 | 2): ObjectFormat | undefined {
  const start = version === 2 ? 8 : 0;
  if (source.size < start + fanoutByteLength) return undefined;
  const fanout = readFanout(source, start);
  if (fanoutFall(fanout) >= 0) return undefined;
  const count = fanout[255]!;
  return formats.find(({ byteLength }) => {
    const row = version === 2 ? byteLength + 8 : byteLength + 4;
    const rest = source.size - (start + fanoutByteLength + count * row + 2 * byteLength);
    return version === 1 ? rest === 0 : rest >= 0 && rest % 8 === 0 && rest / 8 <= count;
  });
}

/** The first line, as far as it is looked at, without its LF or CR LF. */
function firstLine(source: ByteSource): string {
  const text = new TextDecoder("latin1").decode(source.copy(0, Math.min(source.size, sha256.hexLength + 2)));
  return text.split(/\r?\n/, 1)[0] ?? "";
}

/** The hash whose ids are as long as the first line: that of a chain file, whatever the line holds. */
export function firstLineFormat(source: ByteSource): ObjectFormat | undefined {
  const { length } = firstLine(source);
  return formats.find(({ hexLength }) => hexLength === length);
}
