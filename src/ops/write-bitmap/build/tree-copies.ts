/**
 * Contents of trees that were read lately, with where their entries begin: what the next versions of them are compared with.
 *
 * They lie one behind the other in a ring of bytes, in which the oldest are overwritten: nothing here makes garbage.
 */

/** Bytes of contents that are kept. */
const defaultByteLength = 32 << 20;
/** Bytes of the shortest entry without its id: a digit of the mode, a space, a letter, the NUL. */
const leastEntryStart = 4;

const noBytes = new Uint8Array(0);
const noWords = new DataView(noBytes.buffer);
const noStarts = new Int32Array(0);

/** A copy of a tree: what is in `bytes[start, end)`. Valid until two more are made. */
export class TreeCopy {
  bytes: Uint8Array = noBytes;
  /** The same bytes, for comparing four at a time wherever they are. */
  words: DataView = noWords;
  start = 0;
  end = 0;
  /** `starts[first, first + count)` is where in the bytes the entries begin, what follows is where the last ends. */
  starts: Int32Array = noStarts;
  first = 0;
  count = 0;
  /** The bit of the tree; −1 if it is not kept. */
  bit = -1;

  /** Finds out where entries begin, as far as the bytes are entries. */
  findStarts(idByteLength: number): void {
    const { bytes, end, starts } = this;
    let at = this.start;
    let to = this.first;
    while (at < end) {
      let nul = at + leastEntryStart - 1;
      while (nul < end && bytes[nul] !== 0) nul++;
      const next = nul + 1 + idByteLength;
      if (next > end) break;
      starts[to++] = at;
      at = next;
    }
    starts[to] = at;
    this.count = to - this.first;
  }
}

/** Copies by bit, those that were made last. */
export class TreeCopies {
  readonly #leastEntry: number;
  readonly #kept = new Map<number, TreeCopy>();
  readonly #bytes: Uint8Array;
  readonly #words: DataView;
  readonly #starts: Int32Array;
  /** Copies in the ring from the oldest on, and those that are of no use at present. */
  #inRing: TreeCopy[] = [];
  #oldest = 0;
  readonly #unused: TreeCopy[] = [];
  /** Where the next copy and its entries go. */
  #head = 0;
  #startsHead = 0;

  /** @param byteLength bytes of contents to keep. */
  constructor(idByteLength: number, byteLength = defaultByteLength) {
    this.#leastEntry = leastEntryStart + idByteLength;
    this.#bytes = new Uint8Array(byteLength);
    this.#words = new DataView(this.#bytes.buffer);
    this.#starts = new Int32Array(this.#mostStarts(byteLength));
  }

  /** The copy of a tree, if it is kept. */
  get(bit: number): TreeCopy | undefined {
    return this.#kept.get(bit);
  }

  /** A copy of `content` whose entries are not known yet: {@link keep} it when they are. */
  make(content: Uint8Array): TreeCopy {
    const { length } = content;
    if (length > this.#bytes.length / 8) return this.#makeAlone(content);
    const copy = this.#unused.pop() ?? new TreeCopy();
    copy.bytes = this.#bytes;
    copy.words = this.#words;
    copy.starts = this.#starts;
    const starts = this.#mostStarts(length);
    if (this.#head + length > this.#bytes.length || this.#startsHead + starts > this.#starts.length) this.#turn();
    copy.start = this.#head;
    copy.end = copy.start + length;
    copy.first = this.#startsHead;
    copy.count = 0;
    this.#dropUntil(copy.end, copy.first + starts);
    this.#bytes.set(content, copy.start);
    return copy;
  }

  /** Keeps the copy that was made last, whose entries are known now, for the tree with that bit. */
  keep(bit: number, copy: TreeCopy): void {
    if (copy.bytes !== this.#bytes) return;
    const before = this.#kept.get(bit);
    if (before !== undefined) before.bit = -1;
    copy.bit = bit;
    this.#kept.set(bit, copy);
    this.#inRing.push(copy);
    this.#head = copy.end;
    this.#startsHead = copy.first + copy.count + 1;
  }

  #mostStarts(byteLength: number): number {
    return Math.floor(byteLength / this.#leastEntry) + 2;
  }

  /** A copy of a large tree, which is not kept. */
  #makeAlone(content: Uint8Array): TreeCopy {
    const copy = new TreeCopy();
    copy.bytes = content.slice();
    copy.words = new DataView(copy.bytes.buffer);
    copy.starts = new Int32Array(this.#mostStarts(content.length));
    copy.end = content.length;
    return copy;
  }

  /** Goes on at the beginning of the ring. */
  #turn(): void {
    this.#dropUntil(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    this.#head = 0;
    this.#startsHead = 0;
  }

  /** Drops the oldest copies that lie between the head and these ends. */
  #dropUntil(end: number, startsEnd: number): void {
    for (; this.#oldest < this.#inRing.length; this.#oldest++) {
      const copy = this.#inRing[this.#oldest]!;
      if (copy.start < this.#head || (copy.start >= end && copy.first >= startsEnd)) break;
      if (copy.bit >= 0) this.#kept.delete(copy.bit);
      copy.bit = -1;
      this.#unused.push(copy);
    }
    if (this.#oldest < 4096) return;
    this.#inRing = this.#inRing.slice(this.#oldest);
    this.#oldest = 0;
  }
}
