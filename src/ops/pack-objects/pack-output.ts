/** Where packs go. */

import type { ObjectDirectory } from "../../store/object-directory.js";
import type { FileSettings } from "./pack-files.js";

/** To a stream, or to files. */
export type PackOutput =
  | {
      readonly kind: "stream";
      /** Takes the next bytes of the pack, which may be used again once the promise is fulfilled. */
      readonly write: (bytes: Uint8Array) => Promise<void>;
    }
  | {
      readonly kind: "files";
      /** Where files under temporary names go. */
      readonly directory: ObjectDirectory;
      /** Absolute path that the names begin with: `…/pack/pack` makes `…/pack/pack-CHECKSUM.pack`. */
      readonly base: string;
      readonly settings: FileSettings;
      /** Told the checksum of each pack, in hex, once it is in place. */
      readonly finished?: ((checksum: string) => Promise<void>) | undefined;
    };
