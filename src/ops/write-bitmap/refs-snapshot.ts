/** A snapshot of refs, as `git repack` makes them for `--refs-snapshot`: an object id a line, `+` before those that are preferred. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import { isHex, type ObjectFormat, oidFromHex } from "../../core/oid.js";
import type { PackFs } from "../../store/pack-fs.js";
import { systemErrorText } from "../../store/system-error.js";

/** An object that a ref named. */
export interface SnapshotLine {
  readonly oid: Uint8Array;
  readonly preferred: boolean;
}

/** Reads the lines. @throws GitmidxError `bad-object-id` for a line that is none, or what the file system says, in git's words */
export async function readRefsSnapshot(
  fs: PackFs,
  path: string,
  format: ObjectFormat,
): Promise<readonly SnapshotLine[]> {
  let text: string;
  try {
    text = new TextDecoder().decode(await fs.readFile(path));
  } catch (cause) {
    if (!isGitmidxError(cause)) throw cause;
    const message = `could not open '${path}' for reading: ${systemErrorText(cause)}`;
    throw new GitmidxError(cause.code, message, { path, cause });
  }
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => parseLine(line.endsWith("\r") ? line.slice(0, -1) : line, path, format));
}

function parseLine(line: string, path: string, format: ObjectFormat): SnapshotLine {
  const preferred = line.startsWith("+");
  const id = preferred ? line.slice(1) : line;
  const hex = id.slice(0, format.hexLength);
  if (hex.length < format.hexLength || !isHex(hex)) {
    throw new GitmidxError("bad-object-id", `could not parse line: ${line}`, { path });
  }
  if (id.length > format.hexLength) throw new GitmidxError("bad-object-id", `malformed line: ${line}`, { path });
  return { oid: oidFromHex(hex, format), preferred };
}
