/** What a command line of rev-list asks for. Names and meanings are those of git's options. */

import type { TaskOptions } from "../../core/task.js";
import type { CommitChoice } from "../walk/commit-choice.js";
import type { EdgeHints } from "../walk/edges.js";
import type { CommitOrder } from "../walk/topological-order.js";
import type { Start } from "./start.js";

/** What is done about objects that are not there. */
export type MissingMode = "error" | "allow-any" | "allow-promisor" | "print" | "print-info";

/** What is found wrong with the command line once all that says where to begin has been taken. */
export type LateComplaint =
  | { readonly kind: "usage" }
  | { readonly kind: "fatal"; readonly message: string }
  /** `--test-bitmap` ends the reading of options. */
  | { readonly kind: "test-bitmap" };

/** Which objects are listed. */
export interface RevListWalk {
  readonly starts: readonly Start[];
  /** Whether `--` stands behind the starts, so that none of them can be a path. */
  readonly separated: boolean;
  /** Whether paths stand behind that. */
  readonly hasPaths: boolean;
  readonly objects: boolean;
  readonly edges: EdgeHints;
  readonly choice: CommitChoice;
  readonly order: CommitOrder | undefined;
  readonly limited: boolean;
  readonly reverse: boolean;
  readonly firstParent: boolean;
  readonly boundary: boolean;
  readonly inCommitOrder: boolean;
  readonly unpacked: boolean;
  readonly excludePromisorObjects: boolean;
  readonly missing: MissingMode;
  readonly filterProvidedObjects: boolean;
  readonly useBitmaps: boolean;
}

/** How they are printed. */
export interface RevListFormat {
  readonly names: boolean;
  readonly count: boolean;
  readonly leftRight: boolean;
  readonly quiet: boolean;
  readonly diskUsage: "bytes" | "human" | undefined;
  readonly parents: boolean;
  readonly children: boolean;
  readonly timestamp: boolean;
  readonly printOmitted: boolean;
  readonly end: "LF" | "NUL";
}

/** A whole command line. */
export interface RevListRequest extends TaskOptions {
  readonly walk: RevListWalk;
  readonly format: RevListFormat;
  /** What git died of while it read the options: thrown once the starts before it are taken. */
  readonly failure: Error | undefined;
  readonly complaints: readonly LateComplaint[];
  /** `--progress`: objects are counted under this title. */
  readonly progressTitle: string | undefined;
}
