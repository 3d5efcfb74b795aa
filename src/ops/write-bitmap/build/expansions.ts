/** What one thread tells another of trees. */

/** What is new in trees, as it goes from thread to thread. */
export interface Expansions {
  readonly bits: Int32Array;
  /** The trees beside which they are looked at; −1 for none. */
  readonly earlier: Int32Array;
  readonly pathHashes: Uint32Array;
  /** Where the entries of each end. */
  readonly ends: Int32Array;
  /** Bits of blobs, and −1 − bits of trees. */
  readonly entries: Int32Array;
  /** Positions of the entries in the index, and hashes of their paths; empty if these are not wanted. */
  readonly positions: Int32Array;
  readonly entryHashes: Uint32Array;
}
