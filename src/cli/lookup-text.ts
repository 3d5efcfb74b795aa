/** Lookups as lines and as JSON. */

import { printable } from "../bytes/name-text.js";
import { packNameFault, quotePackName } from "../formats/midx/pack-names.js";
import type { Lookup, ObjectCopy } from "../ops/find-object/found-object.js";

/** The lines for one lookup; packs of the directory `own` stand there by their names, others by their paths. */
export function lookupText(given: string, lookup: Lookup, own: string): string {
  switch (lookup.outcome) {
    case "found": {
      const { oid, copy, others } = lookup.object;
      const lines = others.map((other) => `  copy ${copyText(other, own)}\n`);
      return `${oid} ${copyText(copy, own)}\n${lines.join("")}`;
    }
    case "ambiguous": {
      const lines = lookup.candidates.map((oid) => `  candidate ${oid}\n`);
      return `${given} ambiguous\n${lines.join("")}`;
    }
    default:
      return `${printable(given)} ${lookup.outcome}\n`;
  }
}

function copyText(copy: ObjectCopy, own: string): string {
  if (copy.kind === "loose") return `loose ${printable(copy.path, copy.path.length)}`;
  const { directory, packName, offset, packId, midx, present } = copy;
  const name = packFileName(packName);
  let text = `${printable(directory === own ? name : `${directory}/pack/${name}`, Number.POSITIVE_INFINITY)} ${offset}`;
  if (midx !== undefined) text += ` position=${midx.position}`;
  if (packId !== undefined) text += ` pack=${packId}`;
  if (midx !== undefined) text += ` layer=${midx.layer.index}:${midx.layer.checksum}`;
  return present ? text : `${text} gone`;
}

/** A lookup as a plain value for JSON. */
export function lookupValue(given: string, lookup: Lookup): object {
  if (lookup.outcome !== "found") return { given, ...lookup };
  const { oid, copy, others } = lookup.object;
  return { given, outcome: lookup.outcome, oid, ...copyValue(copy), others: others.map(copyValue) };
}

function copyValue(copy: ObjectCopy): object {
  if (copy.kind === "loose") return copy;
  const { kind, directory, packName, offset, packId, midx, present } = copy;
  const entry = midx && {
    position: midx.position,
    layer: { index: midx.layer.index, checksum: midx.layer.checksum, path: midx.layer.path },
  };
  return { kind, directory, pack: packFileName(packName), offset, packNumber: packId, ...entry, present };
}

/** Name of the `.pack`; a name that is no index's has none, and stands quoted and cut as the multi-pack-index has it. */
function packFileName(idxName: string): string {
  if (packNameFault(idxName) !== undefined) return quotePackName(idxName);
  return `${idxName.slice(0, -".idx".length)}.pack`;
}
