/** The objects that a walk has come across: a row each, with marks and a type. */

import { OidSet } from "../../bytes/oid-set.js";
import { GitmidxError } from "../../core/errors.js";
import { type ObjectTypeCode, objectTypeName } from "../../core/object-type.js";
import { toHex } from "../../core/oid.js";

const initialRows = 1024;

/** An {@link OidSet} with columns beside it. */
export class ObjectTable {
  readonly set: OidSet;
  /** Sums of the marks in `flags.ts`, by row. Replaced as the table grows. */
  marks = new Uint16Array(initialRows);
  /** Types by row: 1 to 4, 0 where it is not known yet. Replaced as the table grows. */
  types = new Uint8Array(initialRows);
  /** By row what its type knows it as: a commit's number in the commit table, −1 for none. Replaced as the table grows. */
  numbers = new Int32Array(initialRows).fill(-1);

  constructor(idByteLength: number) {
    this.set = new OidSet(idByteLength);
  }

  /** The row of the id at `bytes[at]`, which is added if it is new. */
  row(bytes: Uint8Array, at = 0): number {
    const added = this.set.add(bytes, at);
    if (added < 0) return -1 - added;
    if (added === this.marks.length) this.#grow();
    return added;
  }

  /** The row of the id at `bytes[at]`, as an object of that type; −1 if it is known to be of another. */
  rowAs(type: ObjectTypeCode, bytes: Uint8Array, at = 0): number {
    const row = this.row(bytes, at);
    const known = this.types[row]!;
    if (known === 0) this.types[row] = type;
    else if (known !== type) return -1;
    return row;
  }

  /** Notes the type of a row. @throws GitmidxError `wrong-object-type` if it is known to be of another. */
  setType(row: number, type: ObjectTypeCode): void {
    const known = this.types[row]!;
    if (known !== 0 && known !== type) {
      const what = `${objectTypeName(known as ObjectTypeCode)}, not a ${objectTypeName(type)}`;
      throw new GitmidxError("wrong-object-type", `object ${this.hex(row)} is a ${what}`);
    }
    this.types[row] = type;
  }

  has(row: number, marks: number): boolean {
    return (this.marks[row]! & marks) !== 0;
  }

  mark(row: number, marks: number): void {
    this.marks[row]! |= marks;
  }

  unmark(row: number, marks: number): void {
    this.marks[row]! &= ~marks;
  }

  /** The id of a row: a view until the next row is added. */
  oid(row: number): Uint8Array {
    return this.set.viewAt(row);
  }

  /** The id of a row in lower-case hex. */
  hex(row: number): string {
    return toHex(this.set.viewAt(row));
  }

  #grow(): void {
    const rows = 2 * this.marks.length;
    const marks = new Uint16Array(rows);
    marks.set(this.marks);
    this.marks = marks;
    const types = new Uint8Array(rows);
    types.set(this.types);
    this.types = types;
    const numbers = new Int32Array(rows).fill(-1);
    numbers.set(this.numbers);
    this.numbers = numbers;
  }
}
