/** Where packs go. */

import type { FilePlace } from "./pack-files.js";

/** To a stream, or to files. */
export type PackOutput =
  | {
      readonly kind: "stream";
      /** Takes the next bytes of the pack, which may be used again once the promise is fulfilled. */
      readonly write: (bytes: Uint8Array) => Promise<void>;
    }
  | (FilePlace & {
      readonly kind: "files";
      /** Told the checksum of each pack, in hex, once it is in place. */
      readonly finished?: ((checksum: string) => Promise<void>) | undefined;
    });
