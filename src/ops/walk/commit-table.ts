/** What a walk knows of commits: columns, a number each. */

const initialCommits = 256;

/** Commits in the order in which they were read. Trees and parents are rows of the object table. */
export class CommitTable {
  count = 0;
  /** Seconds since 1970. */
  dates = new Float64Array(initialCommits);
  trees = new Int32Array(initialCommits);
  #firstParents = new Int32Array(initialCommits + 1);
  #parentCounts = new Int32Array(initialCommits);
  #parents = new Int32Array(2 * initialCommits);
  #parentsUsed = 0;

  /** Adds a commit without parents. @returns its number */
  add(tree: number, date: number): number {
    if (this.count === this.trees.length) this.#grow();
    const number = this.count++;
    this.trees[number] = tree;
    this.dates[number] = date;
    this.#firstParents[number] = this.#parentsUsed;
    return number;
  }

  /** Adds a parent to the commit that was added last. */
  addParent(row: number): void {
    if (this.#parentsUsed === this.#parents.length) {
      const parents = new Int32Array(2 * this.#parents.length);
      parents.set(this.#parents);
      this.#parents = parents;
    }
    this.#parents[this.#parentsUsed++] = row;
    this.#parentCounts[this.count - 1]!++;
  }

  parentCount(number: number): number {
    return this.#parentCounts[number]!;
  }

  /** The row of parent `index` of a commit. */
  parent(number: number, index: number): number {
    return this.#parents[this.#firstParents[number]! + index]!;
  }

  /** Makes a commit one without parents. */
  dropParents(number: number): void {
    this.#parentCounts[number] = 0;
  }

  #grow(): void {
    const commits = 2 * this.trees.length;
    const dates = new Float64Array(commits);
    dates.set(this.dates);
    this.dates = dates;
    this.trees = grown(this.trees, commits);
    this.#firstParents = grown(this.#firstParents, commits);
    this.#parentCounts = grown(this.#parentCounts, commits);
  }
}

function grown(from: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
