/** A repository opened for building bitmaps, and what is built compared with what git finds by walking. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { BitSet } from "../../../../src/bytes/bit-set.js";
import { type ObjectFormat, oidFromHex, sha1, sha256, toHex } from "../../../../src/core/oid.js";
import type { Ewah } from "../../../../src/formats/ewah/ewah.js";
import { Grafts } from "../../../../src/ops/walk/grafts.js";
import { ObjectGraph } from "../../../../src/ops/walk/object-graph.js";
import { type BuiltBits, buildBits } from "../../../../src/ops/write-bitmap/build/build-bits.js";
import type { BuildHelpers } from "../../../../src/ops/write-bitmap/build/expand-ahead.js";
import type { BitOrder } from "../../../../src/store/bitmaps/bit-order.js";
import type { BitmapIndex } from "../../../../src/store/bitmaps/bitmap-index.js";
import { MidxBitOrder } from "../../../../src/store/bitmaps/midx-bit-order.js";
import { PackBitOrder } from "../../../../src/store/bitmaps/pack-bit-order.js";
import { type MidxStack, openMidxStack } from "../../../../src/store/midx-stack.js";
import { NodeFs } from "../../../../src/store/node-fs.js";
import { ObjectDirectory } from "../../../../src/store/object-directory.js";
import { ObjectStore } from "../../../../src/store/object-store.js";
import { openIdx } from "../../../../src/store/open-idx.js";
import { newestGit, runGit } from "../../../support/gits.js";

/** What is asked of the builder, with commits named by revisions. */
export interface BuildPlan {
  /** Commits that are to be walked for names, newest first. */
  readonly named?: readonly string[];
  readonly commits: readonly string[];
  readonly merges?: readonly (readonly string[])[];
  readonly existing?: BitmapIndex | undefined;
  readonly nameHashes?: Uint32Array | undefined;
  readonly order?: BitOrder | undefined;
  readonly helpers?: BuildHelpers | undefined;
}

/** An opened repository. Everything git says is asked once. */
export class OpenedHistory {
  readonly path: string;
  readonly format: ObjectFormat;
  readonly directory: ObjectDirectory;
  readonly store: ObjectStore;
  readonly order: BitOrder;
  readonly stack: MidxStack | undefined;
  readonly #reached = new Map<string, readonly string[]>();

  private constructor(parts: Pick<OpenedHistory, "path" | "directory" | "store" | "order" | "stack">) {
    this.path = parts.path;
    this.format = parts.directory.format;
    this.directory = parts.directory;
    this.store = parts.store;
    this.order = parts.order;
    this.stack = parts.stack;
  }

  /** Opens a bare repository, with the order of its multi-pack-index if it has one, else of its one pack. */
  static async open(path: string, format: "sha1" | "sha256" = "sha1"): Promise<OpenedHistory> {
    const directory = new ObjectDirectory(new NodeFs(), join(path, "objects"), format === "sha1" ? sha1 : sha256);
    const store = await ObjectStore.open([directory]);
    const stack = await openMidxStack(directory);
    if (stack !== undefined)
      return new OpenedHistory({ path, directory, store, stack, order: new MidxBitOrder(stack) });
    const [pack] = await directory.listPacks();
    const order = new PackBitOrder(await openIdx(directory, pack!.idxPath));
    return new OpenedHistory({ path, directory, store, stack, order });
  }

  /** A graph that knows nothing yet. */
  graph(): ObjectGraph {
    return new ObjectGraph(this.format, this.store, new Grafts(this.format));
  }

  git(args: readonly string[]): string {
    return runGit(newestGit(), args, { cwd: this.path }).stdout.trimEnd();
  }

  async build(plan: BuildPlan, graph = this.graph()): Promise<BuiltBits> {
    const row = async (revision: string) => graph.object(oidFromHex(this.#idOf(revision), this.format));
    const commits: number[] = [];
    for (const revision of plan.commits) commits.push(await row(revision));
    const pseudoMerges: number[][] = [];
    for (const merge of plan.merges ?? []) pseudoMerges.push(await Promise.all(merge.map(row)));
    const named: number[] = [];
    for (const revision of plan.named ?? []) named.push(await row(revision));
    const { existing, nameHashes, helpers, order = this.order } = plan;
    return buildBits({ graph, order, commits, pseudoMerges, existing, nameHashes, named, helpers });
  }

  /** Builds and compares all with git's walk. */
  async check(plan: BuildPlan): Promise<BuiltBits> {
    const built = await this.build(plan);
    for (const [i, ewah] of built.ewahs.entries()) this.assertReached(ewah, [plan.commits[i]!], plan.order);
    for (const [i, ewah] of built.mergeEwahs.entries()) this.assertReached(ewah, plan.merges![i]!, plan.order);
    return built;
  }

  assertReached(ewah: Ewah, revisions: readonly string[], order = this.order): void {
    const ids: string[] = [];
    ewah.toBits().forEach((bit) => void ids.push(toHex(order.oidAt(bit))));
    assert.deepEqual(ids.sort(), this.reached(revisions), revisions.join(" "));
  }

  /** What git's plain walk reaches, in hex and sorted. */
  reached(revisions: readonly string[]): readonly string[] {
    const key = revisions.join(" ");
    const known = this.#reached.get(key);
    if (known !== undefined) return known;
    const lines = this.git(["rev-list", "--objects", "--no-object-names", ...revisions]).split("\n");
    const ids = lines.filter((line) => line !== "").sort();
    this.#reached.set(key, ids);
    return ids;
  }

  /** The bits of the objects that git's plain walk reaches. */
  reachedBits(revisions: readonly string[]): BitSet {
    const bits = new BitSet(this.order.bitCount);
    for (const hex of this.reached(revisions)) bits.add(this.order.bitOf(oidFromHex(hex, this.format)));
    return bits;
  }

  #idOf(revision: string): string {
    return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(revision) ? revision : this.git(["rev-parse", `${revision}^0`]);
  }
}
