/** A multi-pack-index file under test, with its packs. */

import type { IdxView } from "../../formats/idx/view.js";
import type { MidxView } from "../../formats/midx/view.js";
import type { PackFile } from "../../store/object-directory.js";

/** A pack that a layer names, as far as it can be opened. */
export interface TestedPack {
  readonly name: string;
  /** Undefined where there is no such pack, or its name must not be used. */
  readonly file: PackFile | undefined;
  /** Undefined where the index cannot be used. */
  readonly idx: IdxView | undefined;
}

/** One layer, or the single file. */
export interface TestedLayer {
  readonly view: MidxView;
  readonly path: string;
  /** Objects in the layers below; undefined above a layer that is missing, where nobody can know. */
  readonly objectsBelow: number | undefined;
  /** In the order of the file's pack numbers. */
  packs: readonly TestedPack[];
}
