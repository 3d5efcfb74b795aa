// Puts the command line's modules into a few files, dist/bundle/cli/*.js: loading some two hundred of them one by one would take longer
// than most commands work. The last step of `npm run build`; the library is not bundled.

import { readdirSync, rmSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const compiled = join(top, "dist", "src");
const outdir = join(top, "dist", "bundle");

const { metafile } = await build({
  // Modules that others load by a path beside their own stay files of their own, at the same distance from each other as in dist/src.
  entryPoints: {
    "cli/main": join(compiled, "cli", "main.js"),
    "node-worker": join(compiled, "node-worker.js"),
    "cli/portable-inflate": join(compiled, "env", "portable-inflate.js"),
    "cli/portable-deflate": join(compiled, "env", "portable-deflate.js"),
    "cli/kernels/sha1dc": join(compiled, "env", "kernels", "sha1dc.js"),
  },
  outdir,
  chunkNames: "cli/[name]-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["node"],
  logLevel: "warning",
  metafile: true,
  absWorkingDir: top,
});

// What an earlier build left goes last: a command that runs at this moment still finds its parts.
const made = new Set(Object.keys(metafile.outputs));
for (const entry of readdirSync(outdir, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !made.has(relative(top, path).split(sep).join("/"))) rmSync(path);
}
