/** A finder shared by lookups that may overlap: opened at the first, closed when it is retired and the last of them has ended. */

import type { ObjectFinder } from "./object-finder.js";

interface Lease {
  readonly opening: Promise<ObjectFinder>;
  users: number;
  retired: boolean;
}

/** Hands out the finder. */
export class FinderLease {
  readonly #open: () => Promise<ObjectFinder>;
  #current: Lease | undefined;

  constructor(open: () => Promise<ObjectFinder>) {
    this.#open = open;
  }

  /** Calls `work` with the finder, which stays open at least until its promise is settled. */
  async use<T>(work: (finder: ObjectFinder) => Promise<T>): Promise<T> {
    this.#current ??= { opening: this.#open(), users: 0, retired: false };
    const lease = this.#current;
    lease.users++;
    try {
      return await work(await this.#opened(lease));
    } finally {
      lease.users--;
      await closeIfUnused(lease);
    }
  }

  /** The next use opens a finder anew; this one is closed as soon as nobody uses it. */
  async retire(): Promise<void> {
    const lease = this.#current;
    this.#current = undefined;
    if (lease === undefined) return;
    lease.retired = true;
    await closeIfUnused(lease);
  }

  async #opened(lease: Lease): Promise<ObjectFinder> {
    try {
      return await lease.opening;
    } catch (error) {
      if (this.#current === lease) this.#current = undefined;
      throw error;
    }
  }
}

async function closeIfUnused({ opening, users, retired }: Lease): Promise<void> {
  if (!retired || users > 0) return;
  const finder = await opening.catch(() => undefined);
  finder?.close();
}
