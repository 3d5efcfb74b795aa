/** Objects with something wrong in each, for comparing what git and gitmidx say of them. */

import { blobs } from "./odd-blobs.js";
import { commits, tags } from "./odd-commits.js";
import { blob, blobId, commitWith, emptyTree, type OddCase, tagWith, tree, truncated } from "./odd-parts.js";
import { trees } from "./odd-trees.js";

/** Every case of objects that git's fsck is asked about one by one. */
export const oddCases: readonly OddCase[] = [...trees, ...commits, ...tags, ...blobs];

/** Cases about what objects point to. */
export const linkCases: readonly OddCase[] = [
  { name: "everything there", objects: [["blob", blob], tree(["100644", "a"]), tree(), commitWith({}), tagWith({})] },
  { name: "missing blob", objects: [tree(["100644", "a"])] },
  { name: "missing tree", objects: [commitWith({ tree: `tree ${"1".repeat(40)}\n` })] },
  { name: "missing parent", objects: [tree(), commitWith({ parents: `parent ${"2".repeat(40)}\n` })] },
  { name: "missing target", objects: [tagWith({})] },
  { name: "a submodule's commit", objects: [tree(["160000", "s", "3".repeat(40)])] },
  { name: "blob as tree", objects: [["blob", blob], tree(["40000", "a"])] },
  { name: "tree as blob", objects: [tree(), tree(["100644", "a", emptyTree])] },
  { name: "tree as blob, later", objects: [tree(["100644", "a", emptyTree]), tree()] },
  { name: "blob as parent", objects: [["blob", blob], tree(), commitWith({ parents: `parent ${blobId}\n` })] },
  {
    name: "two views of a missing object",
    objects: [tree(["100644", "a", "1".repeat(40)], ["40000", "b", "1".repeat(40)])],
  },
  { name: "tag of wrong type", objects: [["blob", blob], tagWith({ type: "type tree\n" })] },
  { name: "cut tree", objects: [truncated(tree(["100644", "b"], ["100644", "c"]), 3)], settings: "badTree=warn" },
  { name: "cut tree of one", objects: [truncated(tree(["100644", "b"]), 3)], settings: "badTree=warn" },
  { name: "bad mode", objects: [tree(["140000", "b"])], settings: "badFilemode=ignore" },
];
