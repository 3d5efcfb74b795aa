/** Objects listed one by one: an id and a name a line, edges behind a minus sign. */

import { nameOfBytes } from "../../../bytes/name-text.js";
import { GitmidxError } from "../../../core/errors.js";
import { readHexId } from "../../../formats/object/hex-id.js";
import { PreferredBases } from "./preferred-bases.js";
import type { Selection, SelectionOptions, SelectionSource } from "./selection.js";
import { Selector } from "./selector.js";

/** How a list is read. */
export interface ObjectListOptions extends SelectionOptions {
  /** `--window`: how many edges count. */
  readonly window: number;
}

const minus = 0x2d;

/**
 * Selects the objects that are listed.
 * @param lines without their newlines.
 * @throws GitmidxError `bad-object-id`, in git's words
 */
export function selectObjectList(
  source: SelectionSource,
  lines: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ObjectListOptions,
): Promise<Selection> {
  return Selector.run(source, options, "Enumerating objects", async (selector, step) => {
    const { adder, list } = selector;
    const { byteLength, hexLength } = source.format;
    const bases = new PreferredBases(adder, source.store, options.window);
    const oid = new Uint8Array(byteLength);
    for await (const line of lines) {
      if (line[0] === minus) {
        if (!readHexId(line, 1, line.length, oid, 0, byteLength)) throw garbage("edge object ID", line);
        await bases.addEdge(oid);
        continue;
      }
      if (!readHexId(line, 0, line.length, oid, 0, byteLength)) throw garbage("object ID", line);
      const bytes = line.subarray(Math.min(hexLength + 1, line.length));
      const name = { bytes, length: bytes.length };
      if (!bases.isEmpty) await bases.addAt(name);
      const wait = adder.add(oid, 0, name) ?? step.tick();
      if (wait !== undefined) await wait;
    }
    return { list };
  });
}

function garbage(wanted: string, line: Uint8Array): GitmidxError {
  return new GitmidxError("bad-object-id", `expected ${wanted}, got garbage:\n ${nameOfBytes(line)}\n`);
}
