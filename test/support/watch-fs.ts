/** A file system that notes what is asked of it: which paths are touched, and which sources are open. */

import type { PackFs } from "../../src/store/pack-fs.js";

/** What a {@link watchFs} has seen. */
export interface Watched {
  readonly fs: PackFs;
  /** Every path that was an argument, in order. */
  readonly paths: string[];
  /** Paths of the sources that are open; one that is open twice is there twice. */
  readonly open: string[];
}

/** Passes every call on to `fs`; `before` may throw in place of a call, or change what is there first. */
export function watchFs(fs: PackFs, before: (call: string, path: string) => void = () => {}): Watched {
  const watched = { paths: [] as string[], open: [] as string[] };
  const openSource = async (path: string) => {
    const source = await fs.openSource(path);
    watched.open.push(path);
    const close = source.close.bind(source);
    let closed = false;
    source.close = () => {
      if (!closed) watched.open.splice(watched.open.indexOf(path), 1);
      closed = true;
      close();
    };
    return source;
  };
  const proxy = new Proxy(fs, {
    get(target, name: keyof PackFs) {
      // What a file system need not have, it has not.
      if (target[name] === undefined) return undefined;
      const call = (name === "openSource" ? openSource : target[name]) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        const paths = args.filter((arg) => typeof arg === "string");
        watched.paths.push(...paths);
        before(name, paths[0] ?? "");
        return call.apply(target, args);
      };
    },
  });
  return { fs: proxy, ...watched };
}
