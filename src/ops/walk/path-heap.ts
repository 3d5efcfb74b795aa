/** Paths in the order in which a walk by path goes through them. */

/** A heap of texts, ordered by a comparison that may look at what is known of each at that time. */
export class PathHeap {
  readonly #compare: (a: string, b: string) => number;
  readonly #paths: string[] = [];

  /** @param compare negative where `a` comes first */
  constructor(compare: (a: string, b: string) => number) {
    this.#compare = compare;
  }

  put(path: string): void {
    const paths = this.#paths;
    let place = paths.push(path) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.#compare(paths[above]!, path) <= 0) break;
      paths[place] = paths[above]!;
      place = above;
    }
    paths[place] = path;
  }

  /** Takes the first one out; undefined if there is none. */
  take(): string | undefined {
    const paths = this.#paths;
    const first = paths[0];
    const last = paths.pop();
    if (last === undefined || paths.length === 0) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= paths.length) break;
      if (below + 1 < paths.length && this.#compare(paths[below + 1]!, paths[below]!) <= 0) below++;
      if (this.#compare(last, paths[below]!) <= 0) break;
      paths[place] = paths[below]!;
      place = below;
    }
    paths[place] = last;
    return first;
  }
}
