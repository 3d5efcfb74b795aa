import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { runProgram } from "./support/gits.js";
import { makeRepository } from "./support/repository-maker.js";
import { makeTempFolder } from "./support/temp.js";

const top = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
const npm = process.env.npm_execpath ?? "npm";

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

let packed: (Packed & { readonly tarball: string }) | undefined;

/** Packs the package once, as npm would publish it. */
function pack(): NonNullable<typeof packed> {
  if (packed !== undefined) return packed;
  const folder = makeTempFolder("pack");
  const [command, before] = npm.endsWith(".js") ? [process.execPath, [npm]] : [npm, []];
  const { stdout } = runProgram(command, [...before, "pack", "--json", "--pack-destination", folder], { cwd: top });
  const [result] = JSON.parse(stdout) as [Packed];
  packed = { ...result, tarball: join(folder, result.filename) };
  return packed;
}

/** A folder in which the packed package and what it depends on are installed. */
function installPacked(): string {
  const folder = makeTempFolder("installed");
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "gitmidx"), { recursive: true });
  runProgram("tar", ["-xzf", pack().tarball, "--strip-components=1", "-C", join(modules, "gitmidx")]);
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(join(modules, name, ".."), { recursive: true });
    symlinkSync(join(top, "node_modules", name), join(modules, name));
  }
  return folder;
}

function tool(name: string, args: readonly string[]): void {
  const { status, stdout, stderr } = runProgram(join(top, "node_modules", ".bin", name), args, {
    cwd: top,
    status: "any",
  });
  assert.equal(status, 0, `${name} found something:\n${stdout}${stderr}`);
}

test("the package holds the command, the built library and its documents, and nothing else", () => {
  const paths = pack().files.map(({ path }) => path);
  const allowed =
    /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/gitmidx\.js|Documentation\/.*|dist\/src\/.*\.(js|d\.ts)|dist\/bundle\/.*\.js)$/;
  assert.deepEqual(
    paths.filter((path) => !allowed.test(path)),
    [],
  );
  const built = paths.filter((path) => path.startsWith("dist/src/"));
  const withoutSource = built.filter((path) => !existsSync(join(top, path.slice(5).replace(/(\.d\.ts|\.js)$/, ".ts"))));
  assert.deepEqual(withoutSource, []);
  const needed = [
    "bin/gitmidx.js",
    "dist/bundle/cli/main.js",
    "dist/bundle/node-worker.js",
    "dist/src/index.js",
    "dist/src/index.d.ts",
    "dist/src/node.js",
    "dist/src/node.d.ts",
  ];
  for (const path of [...needed, "dist/src/node-worker.js", "README.md", "LICENSE", "CHANGELOG.md"]) {
    assert.ok(paths.includes(path), `${path} is missing from the package`);
  }
  assert.ok(
    pack().files.find(({ path }) => path === "bin/gitmidx.js")!.mode & 0o100,
    "bin/gitmidx.js is not executable",
  );
});

test("the installed package's command and library run, the library on both environments", () => {
  const cwd = installPacked();
  const command = join("node_modules", "gitmidx", "bin", "gitmidx.js");
  assert.equal(
    runProgram(process.execPath, [command, "--version"], { cwd }).stdout,
    `gitmidx version ${manifest.version}\n`,
  );
  // What the command loads only when it needs it comes along: the kernels, and the module of the worker threads.
  const { packs } = makeRepository({ packs: 1, objects: 200, path: join(makeTempFolder("packed"), "r") });
  const index = join(cwd, "made.idx");
  const args = ["index-pack", "--threads=2", "-o", index, packs[0]!.pack];
  assert.equal(`pack-${runProgram(process.execPath, [command, ...args], { cwd }).stdout.trim()}`, packs[0]!.name);
  assert.deepEqual(readFileSync(index), readFileSync(packs[0]!.idx));
  const script = 'const { GitmidxError } = await import("gitmidx"); process.stdout.write(GitmidxError.name)';
  for (const conditions of [[], ["--conditions=portable"]]) {
    const args = [...conditions, "--input-type=module", "--eval", script];
    assert.equal(runProgram(process.execPath, args, { cwd }).stdout, "GitmidxError");
  }
});

test("publint has nothing to say of the package", async () => {
  const { messages } = await publint({
    strict: true,
    pack: { tarball: new Uint8Array(readFileSync(pack().tarball)).buffer },
  });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, manifest)),
    [],
  );
});

test("attw finds the package's types right for every way to import it as an ES module", () => {
  tool("attw", [
    pack().tarball,
    "--profile",
    "esm-only",
    "--no-definitely-typed",
    "--no-color",
    "--exclude-entrypoints",
    "package.json",
  ]);
});

test("knip finds no file, export or package without a use", () => {
  tool("knip", ["--config", ".knip.json", "--no-progress", "--no-config-hints"]);
});

test("a bundle for browsers holds no module of Node's and loads where there is only the web's vocabulary", async () => {
  const bundle = await build({
    stdin: { contents: 'export * from "./dist/src/index.js";', resolveDir: top },
    bundle: true,
    platform: "browser",
    format: "iife",
    globalName: "gitmidx",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const imports = Object.values(bundle.metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path));
  assert.deepEqual(
    imports.filter((path) => path.startsWith("node:")),
    [],
  );
  assert.ok(Object.keys(bundle.metafile.inputs).includes("dist/src/env/portable.js"));
  const web = {
    TextEncoder,
    TextDecoder,
    AbortController,
    AbortSignal,
    EventTarget,
    Event,
    URL,
    performance,
    setTimeout,
    queueMicrotask,
  };
  const context = createContext(web);
  runInContext(bundle.outputFiles[0]!.text, context);
  assert.equal(runInContext("typeof gitmidx.GitmidxError", context), "function");
});
