// Puts the command line's modules into a few files, dist/bundle/cli/*.js: loading some two hundred of them one by one would take longer
// than most commands work. The last step of `npm run build`; the library is not bundled.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const compiled = join(top, "dist", "src");
const outdir = join(top, "dist", "bundle");

/** Bytes up to which a part is put to what every command loads: finding one more file takes longer than compiling so much. */
const smallPart = 12_000;

const shared = {
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["node"],
  logLevel: "warning",
  metafile: true,
  absWorkingDir: top,
  write: false,
};

const { metafile, outputFiles } = await build({
  ...shared,
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
  splitting: true,
});

/** What esbuild made, by path below `outdir`. */
const parts = new Map();
for (const { path, text } of outputFiles) {
  const name = relative(outdir, path).split(sep).join("/");
  const facts = metafile.outputs[relative(top, path).split(sep).join("/")];
  const imports = facts.imports.filter(({ kind }) => kind === "import-statement");
  const outside = imports.filter(({ external }) => external).map((link) => link.path);
  const inside = imports.filter(({ external }) => !external);
  const below = inside.map((link) => relative(outdir, join(top, link.path)).split(sep).join("/"));
  parts.set(name, { text, outside, below, exports: facts.exports, isEntry: facts.entryPoint !== undefined });
}

// Each part costs a search for its file, so what every command needs becomes one, with the small parts that load nothing else.
const kept = closure(["cli/main.js"]);
const needed = closure([...parts.keys()].filter((name) => /^cli\/run-/.test(name)));
const needs = new Set([...needed].flatMap((name) => parts.get(name).outside));
const merged = new Set([...needed].filter((name) => !parts.get(name).isEntry && !kept.has(name)));
for (let size = -1; size !== merged.size; ) {
  size = merged.size;
  for (const [name, { text, below, outside, isEntry }] of parts) {
    if (isEntry || kept.has(name) || text.length > smallPart) continue;
    const isReady = below.every((other) => merged.has(other) || kept.has(other));
    if (isReady && outside.every((other) => needs.has(other))) merged.add(name);
  }
}

/** The parts that some load at once, themselves too. */
function closure(names) {
  const found = new Set(names);
  for (const name of found) for (const other of parts.get(name).below) found.add(other);
  return found;
}

/** What the base calls something that a part exports. */
function nameInBase(part, name) {
  return `${name}_${basename(part, ".js").replace(/\W/g, "_")}`;
}

async function makeBase() {
  const lines = [...merged].map((part) => {
    const names = parts.get(part).exports.map((name) => `${name} as ${nameInBase(part, name)}`);
    return `export { ${names.join(", ")} } from "./${basename(part)}";`;
  });
  const fromParts = {
    name: "from parts",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, kind }) => {
        const name = `cli/${basename(path)}`;
        return merged.has(name) && kind !== "dynamic-import"
          ? { path: name, namespace: "part" }
          : { path, external: true };
      });
      onLoad({ filter: /./, namespace: "part" }, ({ path }) => ({ contents: parts.get(path).text, resolveDir: top }));
    },
  };
  const { outputFiles } = await build({
    ...shared,
    stdin: { contents: lines.join("\n"), resolveDir: top },
    outdir: join(outdir, "cli"),
    entryNames: "base-[hash]",
    plugins: [fromParts],
  });
  return outputFiles[0];
}

/** A part that takes from the base what was in parts that are in it now. */
function rewritten(text, baseName) {
  let isLoaded = false;
  return text.replace(/^(?:import|export) (?:\{([^}]*)\} from )?"([^"]+)";\n/gm, (line, names, path) => {
    const part = `cli/${basename(path)}`;
    if (!merged.has(part)) return line;
    const from = `"${path.slice(0, path.lastIndexOf("/") + 1)}${baseName}"`;
    if (names === undefined) {
      if (isLoaded) return "";
      isLoaded = true;
      return `import ${from};\n`;
    }
    const own = names.split(",").map((each) => each.trim());
    const taken = own.map((each) => {
      const [name, as = name] = each.split(" as ");
      return `${nameInBase(part, name)} as ${as}`;
    });
    return `${line.slice(0, line.indexOf(" "))} { ${taken.join(", ")} } from ${from};\n`;
  });
}

/**
 * Writes a file without comments and indentation, which cost time to pass over, but with all names, for traces. A command that runs at
 * this moment sees the file as it was or as it will be.
 */
async function put(path, text) {
  const { code } = await transform(text, { minifyWhitespace: true, format: "esm", target: shared.target });
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && readFileSync(path, "utf8") === code) return;
  const fresh = join(top, "dist", `bundle-part-${process.pid}`);
  writeFileSync(fresh, code);
  renameSync(fresh, path);
}

const base = await makeBase();
await put(base.path, base.text);
const made = new Set([base.path]);
for (const [name, { text }] of parts) {
  if (merged.has(name)) continue;
  await put(join(outdir, name), rewritten(text, basename(base.path)));
  made.add(join(outdir, name));
}

// What an earlier build left goes last: a command that runs at this moment still finds its parts.
for (const entry of readdirSync(outdir, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !made.has(path)) rmSync(path);
}
