/** Commits by date, youngest first; of those of one date the one that came first. */

/** A binary heap in columns. */
export class CommitQueue {
  count = 0;
  #rows: number[] = [];
  #dates: number[] = [];
  #turns: number[] = [];
  #turn = 0;

  /** The row at a place of the heap, which is in no useful order but for place 0. */
  rowAt(place: number): number {
    return this.#rows[place]!;
  }

  /** The date of the commit that comes next. */
  get nextDate(): number {
    return this.#dates[0]!;
  }

  put(row: number, date: number): void {
    const turn = this.#turn++;
    let place = this.count++;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.#dates[above]! >= date) break;
      this.#move(above, place);
      place = above;
    }
    this.#set(place, row, date, turn);
  }

  /** Takes out the commit that comes next; −1 if there is none. */
  take(): number {
    if (this.count === 0) return -1;
    const first = this.#rows[0]!;
    const last = --this.count;
    const row = this.#rows[last]!;
    const date = this.#dates[last]!;
    const turn = this.#turns[last]!;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= last) break;
      if (below + 1 < last && this.#precedes(below + 1, this.#dates[below]!, this.#turns[below]!)) below++;
      if (!this.#precedes(below, date, turn)) break;
      this.#move(below, place);
      place = below;
    }
    this.#set(place, row, date, turn);
    return first;
  }

  #precedes(place: number, date: number, turn: number): boolean {
    const other = this.#dates[place]!;
    return other === date ? this.#turns[place]! < turn : other > date;
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#rows[from]!, this.#dates[from]!, this.#turns[from]!);
  }

  #set(place: number, row: number, date: number, turn: number): void {
    this.#rows[place] = row;
    this.#dates[place] = date;
    this.#turns[place] = turn;
  }
}
