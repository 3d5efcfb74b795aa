/** Blobs that git reads itself, with something wrong in each. */

import { objectId } from "../../support/raw-pack.js";
import { emptyTree, type OddCase, type OddObject, tree } from "./odd-parts.js";

/** The tree that makes `text` a .gitmodules. */
export function gitmodulesTree(text: string): OddObject {
  return tree(["100644", ".gitmodules", objectId("blob", text).toString("hex")]);
}

const urls = [
  "https://example.com/x",
  "-x",
  "./-x",
  "../x",
  "../../:x",
  "..//x",
  "./../:h",
  ".\\..\\/x",
  "git://h/%0ax",
  "git://h/x",
  "https://h/%0a",
  "https::https://h/x",
  "https::x",
  "http://",
  "http://:80/x",
  "http://h:0/",
  "http://h:65536/",
  "http://h:65535/",
  "http://h:080/",
  "http://h:x/",
  "http://h/%zz",
  "http://u%0a@h/",
  "http://u@h/",
  "http://h/../x",
  "http://h/a/../x",
  "http://h/a/../../x",
  "http://h/%2e%2e/x",
  "http://h h/",
  "http://[::1]:80/",
  "http://h?x%0a",
  "http://h/x#%0A",
  "ftp://h/x",
  "ssh://h/%0a",
  "http::file:///x",
  "http::file://h:8/x",
  "./%0a",
  "../%0Ax",
  "./%00",
  "x%0a",
  "http://h/.",
  "http://h/./../x",
  "http::http::x",
  "HTTP://h/%0a",
  "http://h/a//../../../x",
  "http://h/a/./../../x",
  "http://a@b@c/",
  "http://h/x\n",
  "http:://h",
  "http://h:/",
  "http://u:p@h:1/",
  "http://h/%0",
  "http://h%20/",
];

const configs: readonly string[] = [
  ...urls.map((url) => `[submodule "x"]\n\turl = ${JSON.stringify(url)}\n`),
  ...["", "..", "a/../b", "a\\\\..\\\\b", "a/..", "../a", "..a", "a..", "a/...", "/.."].map(
    (name) => `[submodule "${name}"]\n\tpath = x\n`,
  ),
  '[submodule "x"]\n\tpath = -x\n',
  '[submodule "x"]\n\tupdate = !x\n',
  '[submodule "x"]\n\tupdate = checkout\n',
  '[submodule "x"]\n\turl\n',
  '[submodule "x"\n',
  '[submodule "-x"]\n\turl = -x\n\tpath = -y\n\tupdate = !z\n[bad',
  "[submodule]\n\turl = -x\n",
  "[submodule.a]\n\turl = -x\n",
  "",
  "\0",
  '[SubModule "x"]\n\tURL = -x\n',
  '[submodulex ".."]\n\turl = -x\n',
];

export const blobs: OddCase[] = [
  ...configs.map((text, i) => {
    const objects = [gitmodulesTree(text), ["blob", text] as const];
    // Every other blob comes before the tree that makes it a .gitmodules.
    return { name: `gitmodules ${JSON.stringify(text)}`, objects: i % 2 === 0 ? objects : objects.toReversed() };
  }),
  ...[2047, 2048, 2049].flatMap((length) =>
    [`${"x".repeat(length)}`, `a\n${"x".repeat(length)}\nb\n`, `a\0${"x".repeat(length)}`].map((text) => ({
      name: `gitattributes ${JSON.stringify(text.slice(0, 4))} of ${length}`,
      objects: [tree(["100644", ".gitattributes", objectId("blob", text).toString("hex")]), ["blob", text] as const],
    })),
  ),
  { name: "missing gitmodules", objects: [tree(["100644", ".gitmodules", "1".repeat(40)])] },
  { name: "missing gitattributes", objects: [tree(["100644", ".gitattributes", "1".repeat(40)])] },
  {
    name: "missing gitmodules as a warning",
    objects: [tree(["100644", ".gitmodules", "1".repeat(40)])],
    settings: "gitmodulesMissing=warn",
  },
  {
    name: "missing gitmodules ignored",
    objects: [tree(["100644", ".gitmodules", "1".repeat(40)])],
    settings: "gitmodulesMissing=ignore",
  },
  { name: "gitmodules that is a tree", objects: [tree(), tree(["40000", ".gitmodules", emptyTree])] },
  { name: "gitattributes that is a tree", objects: [tree(), tree(["40000", ".gitattributes", emptyTree])] },
];
