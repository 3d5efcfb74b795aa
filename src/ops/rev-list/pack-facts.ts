/** What is packed, and what is promised: asked for by few, so that nothing is opened before. */

import type { GitConfig } from "../../store/config/git-config.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { ObjectStore } from "../../store/object-store.js";
import { KnownPacks } from "../pack-objects/select/known-packs.js";
import { PromisorObjects } from "../pack-objects/select/promisors.js";

/** Where packs are. */
export interface PackFactsSource {
  readonly config: GitConfig;
  readonly directories: readonly ObjectDirectory[];
  readonly plainStore: ObjectStore;
}

/** Answers. Close it when done. */
export class PackFacts {
  readonly #source: PackFactsSource;
  #packs: KnownPacks | undefined;
  #opening: Promise<KnownPacks> | undefined;
  #promisors: PromisorObjects | undefined;

  constructor(source: PackFactsSource) {
    this.#source = source;
  }

  /** Whether a pack has the object. */
  isPacked(oid: Uint8Array): boolean | Promise<boolean> {
    if (this.#packs !== undefined) return this.#packs.has(oid, () => true);
    return this.#open().then((packs) => packs.has(oid, () => true));
  }

  /** Whether a promisor remote has promised the object. */
  async isPromised(oid: Uint8Array): Promise<boolean> {
    return (await this.#promised()).isPromised(oid);
  }

  /** The ids of the objects in promisor packs. */
  async *promisorObjects(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* (await this.#promised()).ids();
  }

  close(): void {
    this.#packs?.close();
  }

  async #promised(): Promise<PromisorObjects> {
    const { config } = this.#source;
    const hasRemote =
      config.has("extensions.partialClone") ||
      config.entries.some(({ key }) => /^remote\..*\.(promisor|partialclonefilter)$/.test(key));
    this.#promisors ??= new PromisorObjects(await this.#open(), hasRemote);
    return this.#promisors;
  }

  async #open(): Promise<KnownPacks> {
    const { plainStore, directories } = this.#source;
    this.#opening ??= KnownPacks.open(plainStore, directories);
    this.#packs = await this.#opening;
    return this.#packs;
  }
}
