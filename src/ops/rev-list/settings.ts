/** What the configuration says of listing. */

import type { GitConfig } from "../../store/config/git-config.js";

/**
 * `pack.useBitmapBoundaryTraversal`: what is not wanted is looked for at the boundary alone. False unless configured, or git is told to
 * try new things.
 * @throws GitmidxError `bad-config`
 */
export function usesBoundaryTraversal(config: GitConfig): boolean {
  return config.bool("pack.useBitmapBoundaryTraversal") ?? config.bool("feature.experimental") ?? false;
}
