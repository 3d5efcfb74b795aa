/** The list of times that `--mtimes` names: a line `<object> <seconds>` for each object. */

import { toHex } from "../core/oid.js";
import type { PackFs } from "../store/pack-fs.js";
import { FatalError } from "./complaint.js";

/** The time of each object: what the list says, or the present for an object that is not on it. */
export async function readMtimes(fs: PackFs, path: string): Promise<(oid: Uint8Array) => number> {
  const times = new Map<string, number>();
  for (const line of new TextDecoder().decode(await fs.readFile(path)).split("\n")) {
    if (line === "") continue;
    const [, oid, seconds] = /^([0-9a-f]+) (\d+)$/i.exec(line) ?? [];
    if (oid === undefined || Number(seconds) > 0xffff_ffff) throw new FatalError(`bad line in '${path}': ${line}`);
    times.set(oid.toLowerCase(), Number(seconds));
  }
  const now = Math.floor(Date.now() / 1000);
  return (oid) => times.get(toHex(oid)) ?? now;
}
