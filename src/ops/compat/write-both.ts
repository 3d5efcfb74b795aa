/** One write by git and one by us, with the same wish, and what they leave. */

import { GitmidxError } from "../../core/errors.js";
import type { TaskOptions } from "../../core/task.js";
import { parseChain } from "../../formats/midx/chain.js";
import { listNames, type ObjectDirectory } from "../../store/object-directory.js";
import { privatePermissions } from "../../store/permissions.js";
import { verifyMidx } from "../verify-midx/verify-midx.js";
import type { WriteMidxOptions } from "../write-midx/options.js";
import { writeMidx } from "../write-midx/write-midx.js";
import type { CheckContext } from "./check.js";
import type { Comparison } from "./comparison.js";
import { firstDifference, meaningAt } from "./differing-bytes.js";
import type { ScratchRepository, Twins } from "./scratch.js";

/** What is wished of a write, in the words of our options. */
export type WriteWish = Pick<
  WriteMidxOptions,
  "version" | "preferredPack" | "stdinPacks" | "incremental" | "reverseIndex"
>;

/** How a write ended: undefined if it was done, else what was said of it. */
type Refusal = string | undefined;

/** Lets both write and compares. */
export class BothWriters {
  readonly #context: CheckContext;
  readonly #twins: Twins;
  readonly #comparison: Comparison;

  constructor(context: CheckContext, twins: Twins, comparison: Comparison) {
    this.#context = context;
    this.#twins = twins;
    this.#comparison = comparison;
  }

  /**
   * Both write; every file that is there afterwards is compared.
   * @param what how reports call this write.
   * @returns `written`, `refused` if both refused, or `different`.
   */
  async write(what: string, wish: WriteWish): Promise<"written" | "refused" | "different"> {
    const git = await this.#gitWrites(wish);
    const ours = await this.#weWrite(wish);
    if (git !== undefined && ours !== undefined) return "refused";
    if (git !== undefined || ours !== undefined) {
      const told = (refusal: Refusal): string => (refusal === undefined ? "written" : `refused: ${refusal}`);
      this.#comparison.differ({ what: `${what}: only one of them writes`, ours: told(ours), git: told(git) });
      return "different";
    }
    const before = this.#comparison.differenceCount;
    await compareStates(what, this.#twins, this.#comparison, this.#context.task);
    return this.#comparison.differenceCount === before ? "written" : "different";
  }

  /** Git verifies what we wrote, and we what git wrote. */
  async verify(what: string): Promise<void> {
    const { git, task } = this.#context;
    const { ours, theirs } = this.#twins;
    const args = ["multi-pack-index", "verify"];
    const ofOurs = await git.run(ours.place, { args }, task);
    // Git finds fault with a file without objects, its own too.
    const ofTheirs = ofOurs.status === 0 ? ofOurs : await git.run(theirs.place, { args }, task);
    if (ofOurs.status !== ofTheirs.status || ofOurs.errors !== ofTheirs.errors) {
      const text = `status ${ofOurs.status}: ${ofOurs.errors || ofOurs.output.trimEnd()}`;
      this.#comparison.differ({ what: `${what}: git finds fault with what gitmidx wrote`, git: text });
    }
    const report = await verifyMidx(theirs.directory, { ...task, keepFindings: 100 });
    for (const { severity, message, path, chunk, offset, object } of report.findings) {
      if (severity !== "error") continue;
      const place = { path: path.replace(theirs.prefix, ""), chunk, offset, object };
      this.#comparison.differ({
        what: `${what}: gitmidx finds fault with what git wrote`,
        ...place,
        ours: message,
      });
    }
  }

  async #gitWrites(wish: WriteWish): Promise<Refusal> {
    const { git, task } = this.#context;
    const { place } = this.#twins.theirs;
    const args = ["-c", `midx.version=${wish.version ?? 1}`, "-c", "core.fsync=none", "multi-pack-index", "write"];
    if (wish.incremental) args.push("--incremental");
    if (wish.preferredPack !== undefined) args.push(`--preferred-pack=${wish.preferredPack}`);
    if (wish.stdinPacks !== undefined) args.push("--stdin-packs");
    // A snapshot without refs: the bitmap, which is not compared, then costs next to nothing.
    if (wish.reverseIndex) args.push("--bitmap", "--refs-snapshot=/dev/null");
    const names = wish.stdinPacks?.map((name) => `${name}\n`).join("");
    const input = names === undefined ? undefined : [new TextEncoder().encode(names)];
    const { status, errors } = await git.run(place, { args, input }, task);
    return status === 0 ? undefined : `status ${status}, ${errors}`;
  }

  async #weWrite(wish: WriteWish): Promise<Refusal> {
    const { task } = this.#context;
    const settings = { shared: privatePermissions, sync: false, lock: {} };
    try {
      await writeMidx(this.#twins.ours.directory, { ...task, settings, ...wish });
      return undefined;
    } catch (error) {
      if (!(error instanceof GitmidxError) || ["aborted", "no-space", "read-only"].includes(error.code)) throw error;
      return error.message;
    }
  }
}

/** Two files that should be the same. */
interface FilePair {
  readonly ours: string | undefined;
  readonly git: string | undefined;
}

async function compareStates(
  what: string,
  { ours, theirs }: Twins,
  comparison: Comparison,
  task: TaskOptions,
): Promise<void> {
  const [our, their] = [await midxFiles(ours.directory), await midxFiles(theirs.directory)];
  const count = Math.max(our.length, their.length);
  for (let i = 0; i < count; i++) {
    const pair = { ours: our[i], git: their[i] };
    const differs = await comparePair(what, pair, { ours, theirs }, comparison, task);
    // Layers above, and the file that names them all, follow from a layer that differs.
    if (differs) return;
  }
  const kept = new Set([...our, ...their]);
  const others = async ({ directory }: ScratchRepository): Promise<string> =>
    (await midxNames(directory)).filter((name) => !kept.has(name)).join(", ") || "none";
  const left = { ours: await others(ours), git: await others(theirs) };
  if (left.ours !== left.git) comparison.differ({ what: `${what}: other files are left`, ...left });
}

/** The files in effect in the order in which they follow from each other: the single one, or the layers, then what names them. */
async function midxFiles(directory: ObjectDirectory): Promise<readonly string[]> {
  const files: string[] = [];
  if ((await directory.fs.stat(directory.midxPath)) !== undefined) files.push("multi-pack-index");
  if ((await directory.fs.stat(directory.chainPath)) === undefined) return files;
  const { lines } = parseChain(await directory.fs.readFile(directory.chainPath), directory.format);
  const layers = lines.map(({ checksum }) => `multi-pack-index.d/multi-pack-index-${checksum}.midx`);
  return [...files, ...layers, "multi-pack-index.d/multi-pack-index-chain"];
}

/** Every multi-pack-index file but bitmaps, relative to the folder of the packs. */
async function midxNames(directory: ObjectDirectory): Promise<readonly string[]> {
  const names = (await listNames(directory.fs, directory.packPath)).filter((name) => name !== "multi-pack-index.d");
  const chained = await listNames(directory.fs, directory.chainDirectory);
  return [...names, ...chained.map((name) => `multi-pack-index.d/${name}`)].filter(
    (name) => name.startsWith("multi-pack-index") && !name.endsWith(".bitmap"),
  );
}

async function comparePair(
  what: string,
  pair: FilePair,
  { ours, theirs }: Pick<Twins, "ours" | "theirs">,
  comparison: Comparison,
  task: TaskOptions,
): Promise<boolean> {
  if (pair.ours === undefined || pair.git === undefined) {
    comparison.differ({ what: `${what}: only one of them leaves a file`, ours: pair.ours, git: pair.git });
    return true;
  }
  const a = await ours.directory.fs.openSource(ours.directory.inPackDirectory(pair.ours));
  const b = await theirs.directory.fs.openSource(theirs.directory.inPackDirectory(pair.git));
  try {
    const found = await firstDifference(a, b, task);
    if (found !== undefined) {
      const { offset, count } = found;
      const { format } = ours.directory;
      const [here, there] = [meaningAt(a, format, offset), meaningAt(b, format, offset)];
      const of = count === 1 ? "1 byte differs" : `${count} bytes differ, here is the first`;
      const place = { path: pair.ours, offset, chunk: here.chunk ?? there.chunk, object: here.object ?? there.object };
      comparison.differ({ what: `${what}: ${of}`, ...place, ours: here.text, git: there.text });
      return true;
    }
    if (pair.ours === pair.git) return false;
    comparison.differ({ what: `${what}: the same bytes have different names`, ours: pair.ours, git: pair.git });
    return true;
  } finally {
    a.close();
    b.close();
  }
}
