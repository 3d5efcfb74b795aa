/** `write`: the multi-pack-index of an object directory, as one file or as a new layer of a chain. */

import { GitmidxError, isGitmidxError } from "../../core/errors.js";
import type { IdxView } from "../../formats/idx/view.js";
import { comparePackNames } from "../../formats/midx/pack-names.js";
import { openMidxBitmap } from "../../store/bitmaps/open-bitmap.js";
import type { MidxStack } from "../../store/midx-stack.js";
import { stateFingerprint } from "../../store/midx-state.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import { removeBitmaps } from "./clean-up.js";
import { type Commit, commitLayer, commitLayerAlone, commitSingle, removeReplaced } from "./commit.js";
import { type GatheredPack, packsInDirectory, packsOfLayers } from "./gather-packs.js";
import { checkBase } from "./layer-bitmap.js";
import { chooseBase, copiesChoices, type OldState, readOldState } from "./old-state.js";
import { unchanged, type WriteMidxOptions, type WriteMidxResult } from "./options.js";
import { buildContent, choosePreferred, hasSamePacks, type OpenIndexes, prefersPack, type WritePlan } from "./plan.js";

/** How often a write begins anew because the directory changed under it. */
const attempts = 5;

/**
 * Writes the multi-pack-index, unless what is there is what would be written.
 *
 * Objects that an existing multi-pack-index has keep the copies it chose, except where a new pack has a copy. A new layer has only
 * what the layers below do not have; they are not read through for it.
 * With a bitmap, that comes into effect together with the file, or neither does.
 * @throws GitmidxError `no-packs`, `unknown-base`, `empty-preferred-pack`, `missing-pack`, `not-closed`, `locked`, `aborted`, `bad-config` for an
 *   unknown version, a structural code for a base that is broken, or what the file system says.
 */
export async function writeMidx(directory: ObjectDirectory, options: WriteMidxOptions): Promise<WriteMidxResult> {
  const { version = 1 } = options;
  if (version !== 1 && version !== 2) throw new GitmidxError("bad-config", `unknown MIDX version: ${version}`);
  if (options.writeChainFile === false && options.incremental !== true) {
    throw new TypeError("cannot use --no-write-chain-file without --incremental");
  }
  if (options.base !== undefined && options.writeChainFile !== false) {
    throw new TypeError("cannot use --base without --no-write-chain-file");
  }
  for (let attempt = 1; ; attempt++) {
    const last = attempt === attempts;
    const before = await stateFingerprint(directory);
    // Said once, when it is known that this attempt is the one that counts.
    const sayings: (() => void)[] = [];
    const warn = (message: string) => void sayings.push(() => options.warn?.(message));
    const complain = (message: string) => void sayings.push(() => (options.complain ?? options.warn)?.(message));
    const tell = () => {
      for (const say of sayings) say();
    };
    try {
      const reverseIndex = options.bitmap !== undefined || options.reverseIndex;
      const result = await new Writer(directory, { ...options, reverseIndex, warn, complain }).run(last);
      if (result !== undefined) {
        tell();
        return result;
      }
    } catch (error) {
      // A repack that is going on removes the multi-pack-index before the packs that it names.
      const gone = isGitmidxError(error, "missing-pack", "not-found", "vanished");
      if (last || !gone || (await stateFingerprint(directory)) === before) {
        tell();
        throw error;
      }
    }
    if (last)
      throw new GitmidxError(
        "vanished",
        `${directory.packPath} was changed by others ${attempts} times while it was read`,
      );
  }
}

/** One attempt. */
class Writer {
  readonly #directory: ObjectDirectory;
  readonly #options: WriteMidxOptions;
  readonly #opened: OpenIndexes = new Set<IdxView>();

  constructor(directory: ObjectDirectory, options: WriteMidxOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** @returns undefined if the directory changed meanwhile. */
  async run(last: boolean): Promise<WriteMidxResult | undefined> {
    const old = await readOldState(this.#directory, this.#options);
    try {
      return await (this.#options.incremental === true ? this.#layer(old, last) : this.#single(old, last));
    } finally {
      old.stack?.close();
      for (const idx of this.#opened) idx.source.close();
    }
  }

  async #single(old: OldState, last: boolean): Promise<WriteMidxResult | undefined> {
    const directory = this.#directory;
    const options = this.#options;
    const copied = copiesChoices(options) ? (old.stack?.layers ?? []) : [];
    const known = await packsOfLayers(directory, copied);
    const fresh = await this.#newPacks(new Set(known.map(({ name }) => name)), last);
    if (fresh === undefined) return undefined;
    const packs = sortedByName([...known, ...fresh]);
    if (old.stack !== undefined && (await this.#isUpToDate(old.stack, packs))) {
      const removed = await removeReplaced(directory, old, options);
      // Without a bitmap asked for, git removes those that are there even where nothing else is to be done.
      const bitmaps = options.reverseIndex === true ? [] : await removeBitmaps(directory);
      return { ...unchanged, removed: [...removed, ...bitmaps] };
    }
    return this.#write({ packs, copied, base: [] }, old, commitSingle);
  }

  async #layer(old: OldState, last: boolean): Promise<WriteMidxResult | undefined> {
    const options = this.#options;
    const base = chooseBase(old.stack, options.base);
    if (options.bitmap !== undefined) await checkBase(this.#directory, base, options);
    const known = new Set(base.flatMap(({ view }) => view.packNames));
    const fresh = await this.#newPacks(known, last);
    if (fresh === undefined) return undefined;
    if (fresh.length === 0) {
      const removed = await removeReplaced(this.#directory, old, options);
      return { ...unchanged, removed };
    }
    const commit = options.writeChainFile === false ? commitLayerAlone : commitLayer;
    return this.#write({ packs: sortedByName(fresh), copied: [], base }, old, commit);
  }

  async #newPacks(known: ReadonlySet<string>, last: boolean): Promise<readonly GatheredPack[] | undefined> {
    const { packs, vanished } = await packsInDirectory(this.#directory, known, this.#options);
    for (const { idx } of packs) if (idx !== undefined) this.#opened.add(idx);
    return vanished && !last ? undefined : packs;
  }

  /** Whether nothing would change: same version, same packs, and what was asked for is so already. */
  async #isUpToDate(stack: MidxStack, packs: readonly GatheredPack[]): Promise<boolean> {
    const { version = 1, preferredPack, reverseIndex, bitmap } = this.#options;
    if (stack.tip.view.version !== version || !hasSamePacks(stack, packs)) return false;
    if (reverseIndex === true && stack.layers.some(({ view }) => !view.hasReverseIndex)) return false;
    if (bitmap !== undefined && !(await this.#hasBitmap(stack))) return false;
    if (preferredPack === undefined) return true;
    const preferred = await choosePreferred(this.#directory, packs, this.#options, this.#opened);
    return preferred === undefined || prefersPack(stack, preferred);
  }

  /** Whether there is a bitmap that can be opened. */
  async #hasBitmap(stack: MidxStack): Promise<boolean> {
    try {
      const index = await openMidxBitmap(this.#directory, stack);
      index?.close();
      return index !== undefined;
    } catch (error) {
      if (!isGitmidxError(error)) throw error;
      this.#options.warn?.(error.message);
      return false;
    }
  }

  async #write(
    parts: Omit<WritePlan, "preferred">,
    old: OldState,
    put: (
      directory: ObjectDirectory,
      commit: Commit,
      options: WriteMidxOptions,
    ) => Promise<WriteMidxResult | undefined>,
  ): Promise<WriteMidxResult | undefined> {
    const directory = this.#directory;
    const options = this.#options;
    const preferred = await choosePreferred(directory, parts.packs, options, this.#opened);
    if (parts.packs.length === 0) {
      throw new GitmidxError("no-packs", "no pack files to index.", { path: directory.packPath });
    }
    const content = await buildContent(directory, { ...parts, preferred }, options);
    const commit = { content, fingerprint: old.fingerprint, base: parts.base };
    if (options.bitmap === undefined || content.entries.count > 0) return put(directory, commit, options);
    options.warn?.("refusing to write multi-pack .bitmap without any objects");
    return put(directory, commit, { ...options, bitmap: undefined });
  }
}

function sortedByName(packs: readonly GatheredPack[]): readonly GatheredPack[] {
  return packs.toSorted((a, b) => comparePackNames(a.name, b.name));
}
