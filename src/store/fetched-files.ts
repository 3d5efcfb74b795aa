/** Files to fetch: from a browser's Files, and from an HTTP server that answers requests for ranges. */

import { GitmidxError } from "../core/errors.js";
import { pageByteLength } from "../core/limits.js";
import type { FetchedFile, FetchedFiles } from "./fetched-fs.js";

/** What is used of a File: its name, its size, and slices of it. A Blob with a name will do. */
export interface NamedBlob {
  readonly name: string;
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/**
 * Files that a person chose or dropped, in whatever folders they lay: a multi-pack-index's files are known by their names. Given packs
 * with their indexes too, those that no multi-pack-index names are found as well.
 */
export function blobFiles(blobs: Iterable<NamedBlob>): FetchedFiles {
  const byName = new Map([...blobs].map((blob) => [blob.name, blob]));
  return {
    async open(path) {
      const blob = byName.get(path.slice(path.lastIndexOf("/") + 1));
      if (blob === undefined) return undefined;
      const fetch = async (offset: number, byteLength: number) =>
        new Uint8Array(await blob.slice(offset, offset + byteLength).arrayBuffer());
      return { size: blob.size, fetch };
    },
    async list(path) {
      return path === "pack" ? [...byName.keys()] : [];
    },
  };
}

/** What is used of the function `fetch`. */
export type FetchFunction = (
  url: string,
  init: { readonly headers: Readonly<Record<string, string>> },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}>;

declare const fetch: FetchFunction;

/**
 * Files on a web server, below the URL of an object directory. Only ranges are requested; a server that answers with whole files is
 * put up with, at the cost of memory.
 * @param request what fetches; the platform's `fetch` unless given.
 */
export function urlFiles(
  objectDirectory: string | URL,
  request: FetchFunction = (...given) => fetch(...given),
): FetchedFiles {
  const base = `${objectDirectory}`.replace(/\/*$/, "/");
  return { open: (path) => openUrl(base + path.split("/").map(encodeURIComponent).join("/"), request) };
}

async function openUrl(url: string, request: FetchFunction): Promise<FetchedFile | undefined> {
  const fail = (status: number, what: string) =>
    new GitmidxError("io", `${url}: the server answered ${what} with status ${status}`, { path: url });
  const first = await request(url, { headers: { Range: `bytes=0-${pageByteLength - 1}` } });
  if (first.status === 404 || first.status === 410) return undefined;
  const size = sizeOf(first.headers.get("Content-Range"));
  if (first.status === 416 && size === 0) return { size, fetch: async () => new Uint8Array(0) };
  if (first.status !== 200 && (first.status !== 206 || size === undefined)) throw fail(first.status, "a request");
  const start = new Uint8Array(await first.arrayBuffer());
  if (size === undefined) return { size: start.length, fetch: async (at, length) => start.slice(at, at + length) };
  return {
    size,
    async fetch(offset, byteLength) {
      if (offset + byteLength <= start.length) return start.slice(offset, offset + byteLength);
      const answer = await request(url, { headers: { Range: `bytes=${offset}-${offset + byteLength - 1}` } });
      if (answer.status !== 206) throw fail(answer.status, "a request for a range");
      if (sizeOf(answer.headers.get("Content-Range")) === size) return new Uint8Array(await answer.arrayBuffer());
      throw new GitmidxError("vanished", `${url}: the file was replaced by one of another size`, { path: url });
    },
  };
}

/** The whole size that a Content-Range header states; undefined if it states none. */
function sizeOf(contentRange: string | null): number | undefined {
  const digits = /^bytes [^/]*\/(\d+)$/.exec(contentRange ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}
