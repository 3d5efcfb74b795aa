/** What a batch is asked for. */

import type { ObjectFilter } from "./object-filter.js";

/** What ends a name or a line. */
export type LineEnd = "LF" | "NUL";

/** The options of a batch. */
export interface BatchRequest {
  /** Whether contents are printed; `commands` say so one by one. */
  readonly mode: "contents" | "info" | "commands";
  /** See {@link BatchFormat}. */
  readonly format: string;
  /** All objects there are instead of those that are named. */
  readonly allObjects: boolean;
  /** All objects as they lie instead of by id. */
  readonly unordered: boolean;
  /** With commands: carry them out at `flush` and at the end. */
  readonly buffer: boolean;
  /** Follow symbolic links in `REV:PATH`. */
  readonly followSymlinks: boolean;
  readonly filter: ObjectFilter | undefined;
  readonly inputEnd: LineEnd;
  readonly outputEnd: LineEnd;
}
