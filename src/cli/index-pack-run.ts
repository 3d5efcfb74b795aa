/** What `index-pack` does once its command line is understood. */

import { indexPackFile, indexPackStream } from "../ops/index-pack/index-pack.js";
import { withSuffix } from "../ops/index-pack/install.js";
import type { IndexPackResult } from "../ops/index-pack/options.js";
import { verifyPackFile } from "../ops/verify-pack/verify-pack.js";
import type { CommandContext } from "./command.js";
import type { indexPackOptions } from "./index-pack-options.js";
import { type IndexPackRequest, isStdinFile, packStream } from "./index-pack-request.js";
import { writeListing } from "./pack-listing-text.js";
import { requireRepository } from "./pack-place.js";

type Context = CommandContext<typeof indexPackOptions>;

/** Indexes the pack and prints its checksum. @returns how many objects are pointed to outside of it, where that was looked for */
export async function indexRequestedPack(
  context: Context,
  { place, pack, options }: IndexPackRequest,
): Promise<number | undefined> {
  const { stdout, resolve } = context;
  const { output, stdin } = context.options;
  const shown = shownPaths(context, pack, output);
  const indexPath = output === undefined ? undefined : resolve(output);
  if (output !== undefined && options.reverseIndex === true) withSuffix(output, "idx", "rev");
  if (pack !== undefined && output === undefined) withSuffix(pack, "pack", "idx");
  let result: IndexPackResult;
  if (stdin === true) {
    const packPath = pack === undefined ? undefined : resolve(pack);
    const behind = isStdinFile() ? "refuse" : "leave";
    const stream = {
      stream: packStream(context),
      packPath,
      indexPath,
      fixThin: context.options["fix-thin"],
      behind,
    } as const;
    const { objectDirectory } = requireRepository(place.repository, "--stdin");
    const received = await indexPackStream(objectDirectory, stream, options);
    await stdout.write(`${received.kept ? "keep" : "pack"}\t${received.checksum}\n`);
    if (received.rest.length > 0) await stdout.write(received.rest);
    result = received;
  } else {
    result = await indexPackFile(place.fs, { packPath: resolve(pack!), indexPath, shown }, options);
    await stdout.write(`${result.checksum}\n`);
  }
  for (const oid of result.missingGitmodules) await stdout.write(`${oid}\n`);
  return result.foreignLinks;
}

/** Verifies the pack and prints what is asked for. @returns as {@link indexRequestedPack} */
export async function verifyRequestedPack(
  context: Context,
  { place, pack, options, verify }: IndexPackRequest,
): Promise<number | undefined> {
  const { output } = context.options;
  const { stdout, resolve } = context;
  const indexFile = output ?? withSuffix(pack!, "pack", "idx");
  const paths = {
    packPath: resolve(pack!),
    indexPath: resolve(indexFile),
    shown: shownPaths(context, pack, indexFile),
  };
  const onListing = verify === "list" || verify === "count" ? verify : undefined;
  return verifyPackFile(place.fs, paths, {
    ...options,
    onListing: onListing && ((listing) => writeListing(stdout, listing, onListing)),
  });
}

/** Names files as the command line does. */
function shownPaths({ resolve }: Context, ...given: readonly (string | undefined)[]): (path: string) => string {
  return (path) => {
    for (const name of given) {
      if (name === undefined) continue;
      if (resolve(name) === path) return name;
      const stem = name.replace(/\.(pack|idx)$/, "");
      for (const suffix of ["idx", "rev"]) if (resolve(`${stem}.${suffix}`) === path) return `${stem}.${suffix}`;
    }
    return path;
  };
}
