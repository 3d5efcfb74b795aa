/** Trees with something wrong in each. */

import { blob, blobId, emptyTree, nullId, type OddCase, tree, truncated } from "./odd-parts.js";

const names = [
  ".",
  "..",
  ".git",
  ".GIT",
  ".Git ",
  ".git.",
  ".git. .",
  "git~1",
  "GIT~1.",
  "git~2",
  ".git:x",
  ".git::$INDEX",
  ".gitx",
  "a\\.git",
  "a\\git~1",
  "a\\b",
  "\\.git",
  ".git\\x",
  ".g\u200cit",
  ".\u200eg\u200fit",
  ".gi\ufefft",
  "\u200d.git",
  "\u206a.Git\u206f",
  ".git\u200c",
  ".git\xff",
  "\xff.git",
  ".g\u2070it",
  "a/b",
  "/",
  ".git/x",
  "~1000000",
  "~100000",
  "x".repeat(4096),
  "x".repeat(4097),
  ".gitmodule",
  ".gitmodulesx",
  "gi7eba~",
  "gi7eba~0",
  "gitmod~5",
  "a\\.gitmodulesx",
];

const gitmodulesNames = [
  ".gitmodules",
  ".GITMODULES",
  ".gitmodules ",
  ".gitmodules . ",
  ".gitmodules:x",
  ".gitmodules\u200c",
  "gitmod~1",
  "GITMOD~4",
  "gi7eba~1",
  "gi7eb~12",
  "gi7e~123",
  "~1234567",
  "g~123456",
  "a\\.gitmodules",
  "a\\gitmod~1",
  ".gitmodules/x",
  "GI7EBA~9 .",
];

const attributesNames = [".gitattributes", ".GITATTRIBUTES.", "gitatt~1", "gi7d29~1", ".gitat\u200dtributes"];
const otherLinks = [
  ".gitignore",
  "gitign~1",
  "gi250a~1",
  ".mailmap",
  "mailma~1",
  "maba30~1",
  ".MailMap ",
  ".gitignorex",
];

const utf8 = (text: string): string => Buffer.from(text).toString("latin1");
const rawName = (name: string): string => (/^[\0-\xff]*$/.test(name) ? name : utf8(name));

function inTree(mode: string, files: readonly string[]): OddCase[] {
  return files.map((name) => ({
    name: `a tree entry ${mode} ${JSON.stringify(name.slice(0, 20))} of ${name.length}`,
    objects: [["blob", blob], tree([mode, rawName(name)])],
  }));
}

const orders: readonly (readonly (readonly [string, string])[])[] = [
  [
    ["100644", "b"],
    ["100644", "a"],
  ],
  [
    ["100644", "a"],
    ["100644", "a"],
  ],
  [
    ["100644", "a"],
    ["40000", "a"],
  ],
  [
    ["40000", "a"],
    ["100644", "a"],
  ],
  [
    ["100644", "a"],
    ["100644", "a.b"],
    ["40000", "a"],
  ],
  [
    ["100644", "a"],
    ["100644", "a-b"],
    ["100644", "a.b"],
    ["40000", "a.b"],
    ["40000", "a"],
  ],
  [
    ["100644", "foo"],
    ["100644", "foo.bar"],
    ["100644", "foo.bar.baz"],
    ["40000", "foo.bar"],
    ["40000", "foo"],
  ],
  [
    ["100644", "a"],
    ["100644", "a.b"],
    ["40000", "a.c"],
    ["100644", "a0"],
  ],
  [
    ["40000", "a"],
    ["100644", "a.b"],
  ],
  [
    ["100644", "a.b"],
    ["40000", "a"],
  ],
  [
    ["100644", "a"],
    ["100644", "a "],
    ["100644", "ab"],
    ["40000", "a"],
  ],
  [
    ["160000", "a"],
    ["100644", "a!"],
    ["40000", "a"],
  ],
];

export const trees: OddCase[] = [
  ...inTree("100644", [...names, ...gitmodulesNames, ...attributesNames, ...otherLinks]),
  ...inTree("120000", [...gitmodulesNames, ...attributesNames, ...otherLinks, ".git"]),
  ...orders.map((entries, i) => ({
    name: `tree order ${i}`,
    objects: [
      ["blob", blob] as const,
      tree(...entries.map(([mode, name]) => [mode, name, mode === "40000" ? emptyTree : blobId] as const)),
    ],
  })),
  ...[
    "100664",
    "100666",
    "0100644",
    "040000",
    "100600",
    "1",
    "100755",
    "644",
    "1234567",
    "160000",
    "140000",
    "7777777100644",
  ].map((mode) => ({
    name: `mode ${mode}`,
    objects: [["blob", blob] as const, tree([mode, "f"])],
  })),
  { name: "null id", objects: [tree(["160000", "s", nullId])] },
  { name: "empty tree", objects: [tree()] },
  {
    name: "everything at once",
    objects: [tree(["0100666", "b/c", nullId], ["100644", ".."], ["100644", "."], ["100644", ".git"])],
  },
  { name: "short tree", objects: [["tree", "100644 a"]] },
  { name: "tree cut in its only entry", objects: [truncated(tree(["100644", "a"]), 1)] },
  { name: "tree cut in its second entry", objects: [truncated(tree(["100644", "b"], ["100644", "a"]), 3)] },
  { name: "odd entry before a cut one", objects: [truncated(tree(["0100666", ".git"], ["100644", "a"]), 3)] },
  { name: "mode with a letter", objects: [tree(["10064x", "a"])] },
  { name: "mode with eight", objects: [tree(["100844", "a"])] },
  { name: "no mode", objects: [tree(["", "a"])] },
  { name: "no name", objects: [tree(["100644", ""])] },
  { name: "no name in the second entry", objects: [tree(["100644", "a"], ["100644", ""])] },
  { name: "long name allowed", objects: [tree(["100644", "x".repeat(20)])], settings: "largePathname=error:10" },
  { name: "long name warned of", objects: [tree(["100644", "x".repeat(5000)])], settings: "largepathname=warn" },
  {
    name: "a severity list",
    objects: [tree(["100644", ".git"], ["100644", "."])],
    settings: "hasDot=warn,hasDotgit:ignore | treeNotSorted=warn",
  },
];
