/** What rev-list reads from. */

import type { ObjectFormat } from "../../core/oid.js";
import type { GitConfig } from "../../store/config/git-config.js";
import type { ObjectDirectory } from "../../store/object-directory.js";
import type { ObjectStore } from "../../store/object-store.js";
import type { PackFs } from "../../store/pack-fs.js";
import type { RevisionResolver } from "../resolve-revision/resolver.js";
import type { RevisionPlaces } from "../resolve-revision/revision.js";

/** The repository that is listed. */
export interface RevListSource {
  readonly fs: PackFs;
  readonly format: ObjectFormat;
  readonly config: GitConfig;
  /** The repository's own first. */
  readonly directories: readonly ObjectDirectory[];
  readonly places: RevisionPlaces;
  readonly resolver: RevisionResolver;
  /** Reads objects, others in their place where they are replaced. */
  readonly store: ObjectStore;
  /** The same without replacements. */
  readonly plainStore: ObjectStore;
  /** GIT_SHALLOW_FILE */
  readonly shallowFile?: string | undefined;
  /** GIT_GRAFT_FILE */
  readonly graftFile?: string | undefined;
  /** Told what git warns of, what it calls an error though it goes on, and what it says as it stands. */
  readonly say: (kind: "warning" | "error" | "plain", text: string) => void;
}
