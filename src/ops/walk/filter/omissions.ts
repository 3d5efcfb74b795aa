/** Where a filter notes what it leaves out. */

/** Rows of objects. */
export interface Omissions {
  /** @returns whether it was there already */
  add(row: number): boolean;
  remove(row: number): void;
  /** Omissions of one of several filters, which become part of these in the end. */
  part(): Omissions;
}
