/** What is done about objects that are not there: `--missing`. */

import { GitmidxError } from "../../core/errors.js";
import { commitCode, type ObjectTypeCode, objectTypeName } from "../../core/object-type.js";
import { quotedName } from "../cat-file/quote.js";
import { firstWord, nameMapOrder } from "../walk/bucket-order.js";
import type { ObjectTable } from "../walk/object-table.js";
import type { AskOid } from "../walk/parent-links.js";
import type { LineOutput } from "./line-output.js";
import type { MissingMode } from "./request.js";

/** Objects that git's table of what is missing has room for at first. */
const expectedObjects = 16 * 1024;

interface MissingObject {
  readonly row: number;
  readonly type: ObjectTypeCode | 0;
  readonly path: Uint8Array | undefined;
}

/** Refuses, passes over or gathers what is missing. */
export class MissingObjects {
  readonly #mode: MissingMode;
  readonly #objects: ObjectTable;
  readonly #isPromised: AskOid;
  readonly #found = new Map<number, MissingObject>();

  constructor(mode: MissingMode, objects: ObjectTable, isPromised: AskOid) {
    this.#mode = mode;
    this.#objects = objects;
    this.#isPromised = isPromised;
  }

  /** Notes objects that were asked for by id, of which no more is known. */
  noteTips(rows: Iterable<number>): void {
    for (const row of rows) this.#found.set(row, { row, type: 0, path: undefined });
  }

  /** An object that is not there has been come across. @throws GitmidxError `missing-object`, if it should be */
  async meet(row: number, type: ObjectTypeCode, path: Uint8Array | undefined): Promise<void> {
    const what = `missing ${objectTypeName(type)} object '${this.#objects.hex(row)}'`;
    switch (this.#mode) {
      case "error":
        throw new GitmidxError("missing-object", what);
      case "allow-any":
        return;
      case "allow-promisor":
        if (await this.#isPromised(this.#objects.set.idAt(row))) return;
        throw new GitmidxError("missing-object", `unexpected ${what}`);
      default:
        if (!this.#found.has(row)) this.#found.set(row, { row, type, path: type === commitCode ? undefined : path });
    }
  }

  /** Prints what was gathered, in git's order. @param lines as lines, or fields that end in NUL. */
  async print(output: LineOutput, end: "LF" | "NUL", highBytes: "escaped" | "plain"): Promise<void> {
    const found = [...this.#found.values()];
    const hashes = found.map(({ row }) => firstWord(this.#objects.oid(row)));
    for (const place of nameMapOrder(hashes, expectedObjects)) {
      const { row, type, path } = found[place]!;
      const id = this.#objects.hex(row);
      await output.text(end === "LF" ? `?${id}` : `${id}\0missing=yes`);
      if (this.#mode === "print-info") {
        const field = end === "LF" ? " " : "\0";
        if (path !== undefined && path.length > 0) {
          await output.text(`${field}path=`);
          await output.bytes(end === "LF" ? quotedName(path, highBytes, "spaces too") : path);
        }
        if (type !== 0) await output.text(`${field}type=${objectTypeName(type)}`);
      }
      await output.end();
    }
  }
}
