/** Which objects a command line of `gitmidx pack-objects` selects, and where it reads about them. */

import { approximateDate } from "../core/approximate-date.js";
import type { PackSelection } from "../ops/pack-objects/pack-repository-options.js";
import type { GitConfig } from "../store/config/git-config.js";

import type { CommandContext } from "./command.js";
import type { PackObjectsValues, PackRequest } from "./pack-objects-request.js";

/** What `options`, which `packRequestOf` has accepted, select. */
export function packSelectionOf(
  context: Pick<CommandContext, "stdin" | "lines">,
  options: PackObjectsValues,
  { walks, filter, pathWalk }: PackRequest,
  config: GitConfig,
): PackSelection {
  const now = Math.floor(Date.now() / 1000);
  const mode = options["stdin-packs"];
  if (mode !== undefined && mode !== false) {
    return {
      kind: "packs",
      lines: context.lines(),
      mode: mode === "follow" ? "follow" : "standard",
      unpacked: options.unpacked,
      excludePromisorObjects: options["exclude-promisor-objects"],
    };
  }
  const expiration = options["cruft-expiration"];
  const isCruft = expiration === undefined ? options.cruft === true : expiration !== false;
  if (isCruft) {
    const time = typeof expiration === "string" ? approximateDate(expiration, now) : undefined;
    return { kind: "cruft", lines: context.lines(), expiration: time };
  }
  if (!walks) return { kind: "objects", lines: byteLines(context.stdin) };
  const all = options.all === true && options.reflog === true && options["indexed-objects"] === true;
  return {
    kind: "revisions",
    lines: options.revs === false ? undefined : context.lines(),
    all: options.all,
    reflog: options.reflog,
    indexedObjects: options["indexed-objects"],
    unpacked: options.unpacked,
    thin: options.thin,
    shallow: options.shallow,
    sparse: options.sparse ?? config.bool("pack.useSparse") ?? true,
    filter,
    ...promisorChoices(options),
    unreachable: unreachableChoice(options, all, now),
    packLooseUnreachable: options["pack-loose-unreachable"],
    pathWalk,
    topologicalOrder: options["delta-islands"],
  };
}

type Revisions = PackSelection & { readonly kind: "revisions" };

function promisorChoices(options: PackObjectsValues): Pick<Revisions, "missing" | "promisorObjects"> {
  if (options["exclude-promisor-objects-best-effort"] === true) {
    return { missing: "allow-any", promisorObjects: "best effort" };
  }
  const { missing } = options;
  const promisorObjects = options["exclude-promisor-objects"] === true ? "exclude" : "pack";
  if (missing === "allow-any" || missing === "allow-promisor") return { missing, promisorObjects };
  return { promisorObjects };
}

function unreachableChoice(options: PackObjectsValues, all: boolean, now: number): Revisions["unreachable"] {
  if (options["keep-unreachable"] === true) return { kind: "keep" };
  const since = options["unpack-unreachable"];
  if (since === undefined || since === false) return { kind: "leave" };
  // Only where everything that is in use is known can older objects go.
  return { kind: "unpack", expiration: all && since !== true ? approximateDate(since, now) : undefined };
}

/** The lines of a stream as bytes: paths need not be text. */
async function* byteLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const newline = 0x0a;
  let rest = new Uint8Array(0);
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const part = chunk.subarray(start, end);
      yield rest.length === 0 ? part : joined(rest, part);
      rest = new Uint8Array(0);
      start = end + 1;
    }
    rest = joined(rest, chunk.subarray(start));
  }
  if (rest.length > 0) yield rest;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
