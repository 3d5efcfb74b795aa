// Compiles the WebAssembly kernels, src/env/kernels/assembly/NAME.ts (AssemblyScript), to modules that hold them as text,
// src/env/kernels/generated/NAME.ts. `npm run build` begins with it; it is quiet and quick where nothing has changed.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const kernels = join(top, "src", "env", "kernels");
const assembly = join(kernels, "assembly");
const generated = join(kernels, "generated");
const options = ["-O3", "--converge", "--runtime", "stub", "--enable", "simd", "--noAssert", "--memoryBase", "2048"];

/** The files whose text decides what becomes of kernel NAME. */
function inputs(name) {
  const beside = readdirSync(kernels).filter((file) => file.startsWith(`${name}-`) && file.endsWith("vectors.ts"));
  return [
    fileURLToPath(import.meta.url),
    join(top, "package-lock.json"),
    join(assembly, `${name}.ts`),
    ...beside.map((file) => join(kernels, file)),
  ];
}

function fingerprint(name) {
  const hash = createHash("sha256");
  for (const path of inputs(name)) hash.update(readFileSync(path));
  return hash.digest("hex");
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/**
 * How many conditions the kernel checks for all vectors side by side, those that rule out most: after 60, a block in three has a vector
 * left, which then is looked at by itself. More or fewer were slower.
 */
const sideBySideCount = 60;

/** What sha1dc-vectors.ts exports. */
async function importVectors() {
  const { transform } = await import("esbuild");
  const { code } = await transform(readFileSync(join(kernels, "sha1dc-vectors.ts"), "utf8"), { loader: "ts" });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** A line that checks a condition in all lanes: the two bits' difference is spread over its lane. */
function checkLine({ first, firstBit, second, secondBit, relation }, index) {
  const row = (word) => `v128.load(0, ${16 * word})`;
  const top = (value, bit) => (bit === 31 ? value : `i32x4.shl(${value}, ${31 - bit})`);
  const difference =
    firstBit === secondBit
      ? top(`v128.xor(${row(first)}, ${row(second)})`, firstBit)
      : `v128.xor(${top(row(first), firstBit)}, ${top(row(second), secondBit)})`;
  const breaks = relation === "equal" ? "v128.and" : "v128.andnot";
  const vectors = `v128.load32_splat(CONDITIONS, ${4 * index})`;
  return `broken = v128.or(broken, ${breaks}(${vectors}, i32x4.shr_s(${difference}, 31)));`;
}

/**
 * The vectors of one type and rotation have the same differences, at other steps: one row of words holds them all, and each vector begins
 * somewhere in it.
 */
function differenceRows(vectors) {
  const words = [];
  const offsets = vectors.map(({ type, rotation, start }) => {
    const family = vectors.filter((other) => other.type === type && other.rotation === rotation);
    const [latest, earliest] = [family.at(-1), family[0]];
    if (start === earliest.start)
      words.push(...latest.differences, ...earliest.differences.slice(80 - latest.start + start));
    return 4 * (words.length - 80 - start + earliest.start);
  });
  for (const [index, { differences }] of vectors.entries()) {
    if (differences.some((word, step) => word !== words[offsets[index] / 4 + step]))
      throw new Error("BUG: differences");
  }
  return { words, offsets };
}

/** The tables and the checks of SHA-1's detection of collisions, as AssemblyScript. */
async function sha1dcConditions() {
  const { makeConditions, makeVectors, testSteps } = await importVectors();
  const vectors = makeVectors();
  const conditions = makeConditions();
  const sideBySide = conditions.slice(0, sideBySideCount);
  const { words, offsets } = differenceRows(vectors);
  const table = [];
  const remaining = [];
  for (const [index, { testStep }] of vectors.entries()) {
    const own = conditions.slice(sideBySideCount).filter((condition) => (condition.vectors >>> index) & 1);
    table.push(offsets[index], testSteps.indexOf(testStep), 2 * remaining.length, own.length);
    for (const { first, firstBit, second, secondBit, relation } of own)
      remaining.push(16 * first, 16 * second, firstBit | (secondBit << 8), relation === "equal" ? 0 : 1);
  }
  const data = (type, numbers) => `memory.data<${type}>([${numbers.map((number) => number >>> 0).join()}], 16)`;
  return `
    /** The differences of the messages: rows of words that the vectors begin in. */
    export const DIFFERENCES: usize = ${data("u32", words)};
    /** For each vector where its differences begin, its kept state, where its remaining conditions begin, and how many they are. */
    export const VECTORS: usize = ${data("u16", table)};
    /** Conditions that are checked one by one: two offsets of rows, two bits, and 1 if these must differ. */
    export const REMAINING: usize = ${data("u16", remaining.length > 0 ? remaining : [0])};
    /** The vectors that need each of the conditions below, a bit for each. */
    const CONDITIONS: usize = ${data(
      "u32",
      sideBySide.map((condition) => condition.vectors),
    )};
    /** For each lane the vectors, a bit for each, that the expanded block breaks a condition of. */
    export function breaksConditions(): v128 {
      let broken = i32x4.splat(0);
      ${sideBySide.map(checkLine).join("\n      ")}
      return broken;
    }
  `;
}

async function compile(name) {
  const asc = await import("assemblyscript/asc");
  const virtual = { "sha1dc-conditions.ts": name === "sha1dc" ? await sha1dcConditions() : null };
  let wasm;
  const { error, stderr } = await asc.main([`${name}.ts`, "--outFile", `${name}.wasm`, ...options], {
    readFile: (file) => virtual[file] ?? read(join(assembly, file)),
    writeFile: (_file, contents) => {
      wasm = contents;
    },
    listFiles: () => [],
  });
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${name}: ${error.message}\n`);
    process.exit(1);
  }
  return Buffer.from(wasm).toString("base64");
}

mkdirSync(generated, { recursive: true });
const names = readdirSync(assembly).map((file) => file.replace(/\.ts$/, ""));
for (const file of readdirSync(generated)) {
  if (!names.includes(file.replace(/\.ts$/, ""))) rmSync(join(generated, file));
}
for (const name of names) {
  const path = join(generated, `${name}.ts`);
  const first = `// Made by bin/kernels.js of assembly/${name}.ts, ${fingerprint(name)}.`;
  if (read(path)?.startsWith(first)) continue;
  process.stderr.write(`compiling the kernel ${name}\n`);
  const text = await compile(name);
  writeFileSync(path, `${first}\n\n/** The WebAssembly module, in base64. */\nexport const wasmText =\n  "${text}";\n`);
}
