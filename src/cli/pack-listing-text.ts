/** What `verify-pack -v` and `index-pack --verify-stat` print of a pack. */

import type { PackListing } from "../ops/verify-pack/pack-listing.js";
import type { Output } from "./output.js";

/** Prints the objects, unless only counts are wanted, and how long the delta chains are. */
export async function writeListing(stdout: Output, listing: PackListing, extent: "list" | "count"): Promise<void> {
  if (extent === "list") {
    for (const { oid, type, size, packedSize, offset, depth, baseOid } of listing.entries()) {
      const base = baseOid === undefined ? "" : ` ${depth} ${baseOid}`;
      await stdout.write(`${oid} ${type.padEnd(6)} ${size} ${packedSize} ${offset}${base}\n`);
    }
  }
  const objects = (count: number): string => `${count} ${count === 1 ? "object" : "objects"}`;
  if (listing.nonDeltas > 0) await stdout.write(`non delta: ${objects(listing.nonDeltas)}\n`);
  for (const [length, count] of listing.chains.entries()) {
    if (count > 0) await stdout.write(`chain length = ${length}: ${objects(count)}\n`);
  }
}
