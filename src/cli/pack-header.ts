/** `--pack_header=<version>,<objects>`: the header of a pack whose first bytes the caller has read already. */

import { FatalError } from "./complaint.js";

const signature = 0x5041434b;

/** The 12 bytes of the header. @throws FatalError as git dies of a text that is none */
export function packHeaderOf(text: string): Uint8Array {
  const [, version, count] = /^\s*(\d*),\s*(\d+)$/.exec(text) ?? [];
  if (version === undefined) throw new FatalError(`bad --pack_header: ${text}`);
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  view.setUint32(0, signature);
  view.setUint32(4, Number(version));
  view.setUint32(8, Number(count));
  return header;
}
