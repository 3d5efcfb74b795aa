/** Gits that do what a real one does, and then change something: what a difference looks like. */

import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GitBinary } from "./gits.js";
import { makeTempFolder } from "./temp.js";

/** A program that runs `git` with its arguments; `script` decides what else happens: shell, with the real git in `$git`. */
export function scriptedGit(git: GitBinary, script: string): string {
  const path = join(makeTempFolder("git"), "git");
  writeFileSync(path, `#!/bin/sh\ngit='${git.path}'\n${script}\nexec "$git" "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A git that, whenever it has written a multi-pack-index, changes the byte at `offset` of the single file or, without one, of every layer. */
export function gitThatFlips(git: GitBinary, offset: number): string {
  const flip = [
    "const fs = require('node:fs'), [, pack, at] = process.argv, d = pack + '/multi-pack-index.d'",
    "const single = pack + '/multi-pack-index', layers = fs.existsSync(d) ? fs.readdirSync(d) : []",
    "const files = fs.existsSync(single) ? [single] : layers.filter((n) => n.endsWith('.midx')).map((n) => d + '/' + n)",
    "for (const path of files) { const bytes = fs.readFileSync(path); bytes[Number(at)] ^= 1",
    "fs.chmodSync(path, 0o644); fs.writeFileSync(path, bytes) }",
  ].join("; ");
  return scriptedGit(
    git,
    `case " $* " in *" multi-pack-index write "*)
  "$git" "$@" || exit $?
  exec '${process.execPath}' -e "${flip}" "$GIT_DIR/objects/pack" ${offset};;
esac`,
  );
}

/** A git whose standard output of the command `word` goes through `filter`, a shell command. */
export function gitThatFilters(git: GitBinary, word: string, filter: string): string {
  return scriptedGit(git, `case " $* " in *" ${word} "*) "$git" "$@" | ${filter}; exit 0;; esac`);
}
