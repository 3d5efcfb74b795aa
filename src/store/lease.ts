/** Something shared by uses that may overlap: opened at the first, closed when it is retired and the last of them has ended. */

interface Closable {
  close(): void;
}

interface Opened<T> {
  readonly opening: Promise<T>;
  users: number;
  retired: boolean;
}

/** Hands it out. */
export class Lease<T extends Closable> {
  readonly #open: () => Promise<T>;
  #current: Opened<T> | undefined;

  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  /** Calls `work` with what is shared, which stays open at least until its promise is settled. */
  async use<R>(work: (shared: T) => Promise<R>): Promise<R> {
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

  /** The next use opens it anew; what is open is closed as soon as nobody uses it. */
  async retire(): Promise<void> {
    const lease = this.#current;
    this.#current = undefined;
    if (lease === undefined) return;
    lease.retired = true;
    await closeIfUnused(lease);
  }

  async #opened(lease: Opened<T>): Promise<T> {
    try {
      return await lease.opening;
    } catch (error) {
      if (this.#current === lease) this.#current = undefined;
      throw error;
    }
  }
}

async function closeIfUnused<T extends Closable>({ opening, users, retired }: Opened<T>): Promise<void> {
  if (!retired || users > 0) return;
  const opened = await opening.catch(() => undefined);
  opened?.close();
}
