/** The files in an npm package's `.tgz`. */

import { gunzipSync } from "node:zlib";

/** A file, its path without the folder that npm puts everything in. */
export interface TarFile {
  readonly path: string;
  readonly content: Uint8Array;
}

const blockByteLength = 512;

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end)).toString();
}

/** The path that a pax header gives to the file that follows it. */
function paxPath(content: Uint8Array): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(Buffer.from(content).toString())?.[1];
}

/** The regular files of a `.tgz`, in its order. */
export function* readTarball(packed: Uint8Array): Generator<TarFile> {
  const tar = gunzipSync(packed);
  let longPath: string | undefined;
  for (let at = 0; at + blockByteLength <= tar.length && tar[at] !== 0; ) {
    const header = tar.subarray(at, at + blockByteLength);
    const size = Number.parseInt(text(header.subarray(124, 136)).trim() || "0", 8);
    const type = String.fromCharCode(header[156]!);
    const start = at + blockByteLength;
    const content = tar.subarray(start, start + size);
    at = start + Math.ceil(size / blockByteLength) * blockByteLength;
    if (type === "x") longPath = paxPath(content);
    else if (type === "L") longPath = text(content);
    else {
      const prefix = text(header.subarray(345, 500));
      const name = text(header.subarray(0, 100));
      const path = longPath ?? (prefix === "" ? name : `${prefix}/${name}`);
      longPath = undefined;
      if (type === "0" || type === "\0") yield { path: path.split("/").slice(1).join("/"), content };
    }
  }
}
