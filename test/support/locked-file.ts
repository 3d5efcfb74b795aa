/** A file system in memory with one file to lock, `/d/f`. */

import { type LockOptions, takeLock } from "../../src/store/lock.js";
import { MemoryFs } from "../../src/store/memory-fs.js";
import type { PackFs } from "../../src/store/pack-fs.js";

/** The UTF-8 of a text. */
export const bytesOf = (text: string) => new TextEncoder().encode(text);
/** What the file system's clock shows, in seconds. */
export const clock = 1_700_000_000;

/** `/d/f` with the contents `old`. */
export function makeFs(): MemoryFs {
  const fs = new MemoryFs({ now: () => clock });
  fs.put("/d/f", bytesOf("old"));
  return fs;
}

/** The text in a file. */
export async function contents(fs: PackFs, path = "/d/f"): Promise<string> {
  return new TextDecoder().decode(await fs.readFile(path));
}

/** What is in `/d`. */
export async function names(fs: PackFs): Promise<string[]> {
  return (await fs.list("/d")).map(({ name }) => name);
}

/** Replaces the contents of `/d/f` by `new`, under its lock. */
export async function replace(fs: PackFs, options?: LockOptions): Promise<void> {
  const lock = await takeLock(fs, "/d/f", options);
  try {
    await lock.file.write(bytesOf("new"));
    await lock.commit({ sync: true });
  } finally {
    await lock.rollback();
  }
}

/** How process 12 takes over the lock of {@link makeStale}. */
export const stale: LockOptions = { breakStale: true, isAlive: (pid) => pid !== 11, pidFile: { pid: 12 } };

/** {@link makeFs} and a lock that process 11 left behind. */
export async function makeStale(content = "half"): Promise<MemoryFs> {
  const fs = makeFs();
  const lock = await takeLock(fs, "/d/f", { pidFile: { pid: 11 } });
  if (content !== "") await lock.file.write(bytesOf(content));
  return fs;
}
