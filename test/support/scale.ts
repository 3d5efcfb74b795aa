/** How much work a test does: little for every run, much for `npm run test:long`. */

/** `long` under `npm run test:long` (GITMIDX_LONG set), else `short`. */
export function scale<T>(short: T, long: T): T {
  return process.env.GITMIDX_LONG ? long : short;
}
