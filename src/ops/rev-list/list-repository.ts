/** Lists what revisions reach in a repository, for programs. */

import type { TaskOptions } from "../../core/task.js";
import type { WriteBytes } from "../cat-file/byte-output.js";
import type { OpenRevisions, RevisionRepository } from "../resolve-revision/open-revisions.js";
import { defaultFormat, defaultWalk } from "./defaults.js";
import type { RevListFormat, RevListWalk } from "./request.js";
import { revList } from "./rev-list.js";
import type { RevListSource } from "./source.js";
import type { Start } from "./start.js";

/** How `Repository.revList` lists. What is not given is off; `git rev-list` has an option of that name for each. */
export interface RevListOptions
  extends Partial<Omit<RevListWalk, "starts" | "separated" | "hasPaths">>,
    Partial<RevListFormat>,
    TaskOptions {
  /** Where to begin, in order: a text is a revision. */
  readonly starts: readonly (Start | string)[];
  /** Takes the lines, in large pieces; the bytes may be reused once its promise is fulfilled. */
  readonly write: WriteBytes;
  /** Told what git would warn of, or call an error though it goes on. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** Lists. @throws as {@link revList} */
export async function listRepository(
  { fs, format, config, directories, places }: RevisionRepository,
  { resolver, store, plainStore }: Pick<OpenRevisions, "resolver" | "store" | "plainStore">,
  options: RevListOptions,
): Promise<void> {
  if (!Array.isArray(options.starts)) throw new TypeError("starts must be an array");
  if (typeof options.write !== "function") throw new TypeError("write must be a function");
  const { starts, write, warn, signal, progress, ...chosen } = options;
  const say = (_kind: string, text: string) => warn?.(text);
  const from = { fs, format, config, directories, places, resolver, store };
  const source: RevListSource = { ...from, plainStore: await plainStore(), say };
  const all = starts.map((start): Start => (typeof start === "string" ? { kind: "revision", text: start } : start));
  const walk = { ...defaultWalk, ...chosen, starts: all, separated: true, hasPaths: false };
  const task = { signal, progress, progressTitle: "Listing objects" };
  await revList(
    source,
    { walk, format: { ...defaultFormat, ...chosen }, failure: undefined, complaints: [], ...task },
    write,
  );
}
