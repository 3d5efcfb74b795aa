/** One pack of a `verify-pack` command line. */

import { env } from "#env";
import { defaultThreads } from "../ops/index-pack/settings.js";
import { verifyPackFile } from "../ops/verify-pack/verify-pack.js";
import type { CommandContext } from "./command.js";
import { writeListing } from "./pack-listing-text.js";
import { type PackPlace, workerUrl } from "./pack-place.js";

/** Verifies the pack that the command line calls `pack`, and prints what is asked for. @throws GitmidxError as `verifyPackFile` */
export async function verifyNamedPack(
  { resolve, stdout, signal }: Pick<CommandContext, "resolve" | "stdout" | "signal">,
  { fs, format, config }: PackPlace,
  pack: string,
  extent: "list" | "count" | undefined,
  trusted: boolean,
): Promise<void> {
  const stem = pack.slice(0, -".pack".length);
  const shown = (path: string) => (path.endsWith(".pack") ? pack : stem + path.slice(path.lastIndexOf(".")));
  const threads = config.threads || defaultThreads(env.processors);
  await verifyPackFile(
    fs,
    { packPath: resolve(pack), shown },
    {
      format,
      settings: config.settings,
      detectCollisions: !trusted,
      workers: { url: workerUrl, threads },
      reverseIndex: config.reverseIndex,
      signal,
      onListing: extent && ((listing) => writeListing(stdout, listing, extent)),
    },
  );
}

/** `x`, `x.idx` and `x.pack` all mean `x.pack`. */
export function packNameOf(given: string): string {
  const stem = given.replace(/\.idx$/, "");
  return stem !== given || !given.endsWith(".pack") ? `${stem}.pack` : given;
}
