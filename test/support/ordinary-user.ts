/** Work done without root's rights: root may write where permission bits forbid it, and then nothing is refused. */

/** Any user but root. */
const nobody = 65534;

/** Runs `work` as an ordinary user, who must be able to reach what it works on. Nothing else may run meanwhile. */
export async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0 || process.seteuid === undefined) return await work();
  process.seteuid(nobody);
  try {
    return await work();
  } finally {
    process.seteuid(0);
  }
}
