/** What the ways of selecting objects share: the list, the packs, a graph of objects. */

import { readGrafts } from "../../walk/grafts.js";
import { nameHashV1, nameHashV2 } from "../../walk/name-hash.js";
import { ObjectGraph } from "../../walk/object-graph.js";
import type { BitmapAnswer } from "../bitmap/bitmap-answer.js";
import { PackingList } from "../packing-list.js";
import { addTagsOfListed } from "./include-tags.js";
import { KnownPacks } from "./known-packs.js";
import { ObjectAdder } from "./object-adder.js";
import { PromisorObjects } from "./promisors.js";
import type { SelectionOptions, SelectionSource } from "./selection.js";
import { SelectionStep } from "./selection-step.js";

/** One selection under way. Close it when done. */
export class Selector {
  readonly source: SelectionSource;
  readonly options: SelectionOptions;
  readonly list: PackingList;
  readonly packs: KnownPacks;
  readonly adder: ObjectAdder;
  readonly promisors: PromisorObjects;
  /** What bitmaps have answered, where they were asked. */
  answer: BitmapAnswer | undefined;

  private constructor(source: SelectionSource, options: SelectionOptions, packs: KnownPacks) {
    this.source = source;
    this.options = options;
    this.packs = packs;
    this.list = new PackingList(source.format);
    const hash = options.nameHashVersion === 2 ? nameHashV2 : nameHashV1;
    this.adder = new ObjectAdder(this.list, packs, hash, options, options.noDelta);
    this.promisors = new PromisorObjects(packs, source.hasPromisorRemote);
  }

  /** Opens the indexes of the packs. */
  static async open(source: SelectionSource, options: SelectionOptions): Promise<Selector> {
    return new Selector(source, options, await KnownPacks.open(source.store, source.directories));
  }

  /** A graph of the repository's objects, with its grafts. */
  async graph(): Promise<ObjectGraph> {
    const { fs, format, store, place, shallowFile, graftFile } = this.source;
    const places = { commonDir: place.commonDir, shallowFile, graftFile };
    return new ObjectGraph(format, store, await readGrafts(fs, format, places, this.options.warn));
  }

  /** Runs a way of selecting, with progress, tags behind it if wanted, and cleaning up. */
  static async run<T>(
    source: SelectionSource,
    options: SelectionOptions,
    title: string,
    select: (selector: Selector, step: SelectionStep) => Promise<T>,
  ): Promise<T> {
    const selector = await Selector.open(source, options);
    try {
      const step = new SelectionStep(options, title);
      const result = await select(selector, step);
      const count = selector.list.resultCount + (selector.answer?.reusedCount ?? 0);
      if (options.includeTag === true && count > 0) await addTagsOfListed(selector);
      step.finish();
      return result;
    } catch (error) {
      selector.answer?.close();
      throw error;
    } finally {
      selector.packs.close();
    }
  }
}
