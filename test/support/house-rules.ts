/** The house rules as functions from source files to complaints; `tidy.test.ts` holds the tree and samples against them. */

import { posix } from "node:path";
import ts from "typescript";

/** A file of the project. */
export interface SourceText {
  /** Relative to the top, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** A TypeScript or JavaScript file and what it imports. */
interface ParsedSource extends SourceText {
  readonly tree: ts.SourceFile;
  /** Module names as written, in imports, re-exports, `import()` and import types. */
  readonly imports: readonly string[];
  /** The same without `import()`, which runs later. */
  readonly staticImports: readonly string[];
}

const layers = ["core", "bytes", "env", "formats", "store", "ops", "entry", "cli"] as const;
const maxFileLines = 400;
const maxFunctionLines = 60;
const maxCommandLines = 80;
const vagueNames = ["util", "utils", "helper", "helpers", "common", "manager", "misc"];
/** The only places that may import an npm package, by package; `typescript` and the like are for tests. */
const packagePlaces: Readonly<Record<string, RegExp>> = {
  pako: /^src\/env\//,
  "@noble/hashes": /^src\/env\//,
  "yargs-parser": /^src\/cli\//,
  "typed-emitter": /^src\//,
  eventemitter3: /^src\//,
};
const nodePlaces = /^src\/(env\/node[^/]*\.ts$|env\/node\/|store\/node-|cli\/|node(-[^/]*)?\.ts$)/;

function moduleName(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    return argument && ts.isStringLiteral(argument) ? argument.text : undefined;
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return node.argument.literal.text;
  }
  return undefined;
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

/** Parses the TypeScript and JavaScript files among `files`. */
export function parseSources(files: readonly SourceText[]): readonly ParsedSource[] {
  return files
    .filter(({ path }) => /\.[cm]?[tj]s$/.test(path))
    .map(({ path, text }) => {
      const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
      const imports: string[] = [];
      const staticImports: string[] = [];
      visit(tree, (node) => {
        const name = moduleName(node);
        if (name === undefined) return;
        imports.push(name);
        if (!ts.isCallExpression(node)) staticImports.push(name);
      });
      return { path, text, tree, imports, staticImports };
    });
}

/** The file that a relative import or `#env` means; undefined for packages. */
function importedPath(from: string, name: string): string | undefined {
  if (name === "#env") return "src/env/portable.ts";
  return name.startsWith(".") ? posix.join(posix.dirname(from), name).replace(/\.js$/, ".ts") : undefined;
}

function layerOf(path: string): (typeof layers)[number] | undefined {
  if (/^src\/[^/]+\.ts$/.test(path)) return "entry";
  return layers.find((layer) => path.startsWith(`src/${layer}/`));
}

/** Layers point down: an import may skip one, never climb. */
export function layerFaults(sources: readonly ParsedSource[]): string[] {
  const faults: string[] = [];
  for (const { path, imports } of sources) {
    if (!path.startsWith("src/")) continue;
    const layer = layerOf(path);
    if (layer === undefined) faults.push(`${path} is in no layer: they are ${layers.join(", ")}`);
    for (const name of imports) {
      const target = importedPath(path, name);
      const below = target === undefined ? undefined : layerOf(target);
      if (layer === undefined || below === undefined) continue;
      if (layers.indexOf(below) > layers.indexOf(layer))
        faults.push(`${path} (${layer}) imports ${target} (${below}): that climbs`);
    }
    const outside = imports.filter((name) => importedPath(path, name)?.startsWith("src/") === false);
    for (const name of outside) faults.push(`${path} imports ${name}: that is outside src`);
  }
  return faults;
}

/** No file imports itself through others. */
export function cycleFaults(sources: readonly ParsedSource[]): string[] {
  const graph = new Map(
    sources.map(({ path, staticImports }) => [path, staticImports.map((name) => importedPath(path, name))]),
  );
  const faults: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const walk = (path: string) => {
    const at = trail.indexOf(path);
    if (at >= 0) faults.push(`a cycle of imports: ${[...trail.slice(at), path].join(" -> ")}`);
    if (at >= 0 || done.has(path)) return;
    trail.push(path);
    for (const next of graph.get(path) ?? []) if (next !== undefined && graph.has(next)) walk(next);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) walk(path);
  return faults;
}

/** Node's modules, its globals and npm packages stay where they belong. */
export function placeFaults(sources: readonly ParsedSource[]): string[] {
  const faults: string[] = [];
  for (const { path, imports, tree } of sources) {
    if (!path.startsWith("src/")) continue;
    const mayUseNode = nodePlaces.test(path);
    for (const name of imports) {
      if (importedPath(path, name) !== undefined) continue;
      if (name.startsWith("node:")) {
        if (!mayUseNode) faults.push(`${path} imports ${name}: only env/node*, store/node-*, cli/ and node.ts may`);
        continue;
      }
      const packageName = name.split("/", name.startsWith("@") ? 2 : 1).join("/");
      const place = packagePlaces[packageName];
      if (place === undefined) faults.push(`${path} imports ${name}: not among the run-time packages`);
      else if (!place.test(path)) faults.push(`${path} imports ${name}: not the place for it`);
    }
    if (!mayUseNode) faults.push(...nodeGlobals(tree).map((name) => `${path} uses ${name}, which only Node has`));
  }
  return faults;
}

function nodeGlobals(tree: ts.SourceFile): string[] {
  const found = new Set<string>();
  const own = new Set<string>();
  visit(tree, (node) => {
    if (
      (ts.isParameter(node) || ts.isVariableDeclaration(node) || ts.isBindingElement(node)) &&
      ts.isIdentifier(node.name)
    ) {
      own.add(node.name.text);
    }
    if (!ts.isIdentifier(node)) return;
    const { parent } = node;
    const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
    if (node.text === "Buffer" && !isMember) found.add("Buffer");
    if (node.text === "process" && ts.isPropertyAccessExpression(parent) && !isMember) found.add("process");
  });
  return [...found].filter((name) => !own.has(name));
}

function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

function spannedLines(node: ts.Node): number {
  const tree = node.getSourceFile();
  const lineOf = (position: number) => tree.getLineAndCharacterOfPosition(position).line;
  return lineOf(node.getEnd()) - lineOf(node.getStart()) + 1;
}

/** Lines of the tests that a function defines: each of them is a function to be measured by itself. */
function definedTestLines(node: ts.Node): number {
  let lines = 0;
  ts.forEachChild(node, (child) => {
    const isTest = ts.isCallExpression(child) && child.expression.getText() === "test";
    lines += isTest ? spannedLines(child) : definedTestLines(child);
  });
  return lines;
}

/** Files and functions stay short enough to be read at once. */
export function sizeFaults(sources: readonly ParsedSource[]): string[] {
  const faults: string[] = [];
  for (const { path, text, tree } of sources) {
    if (path.startsWith("src/env/kernels/")) continue;
    const limit = path.startsWith("src/cli/commands/") ? maxCommandLines : maxFileLines;
    if (lineCount(text) > limit) faults.push(`${path} has ${lineCount(text)} lines: ${limit} are the most`);
    visit(tree, (node) => {
      if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return;
      const lines = spannedLines(node) - definedTestLines(node);
      if (lines <= maxFunctionLines) return;
      const first = tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      faults.push(`${path}:${first} begins a function of ${lines} lines: ${maxFunctionLines} are the most`);
    });
  }
  return faults;
}

/** A file's name says what is in it. */
export function nameFaults(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const words = path.toLowerCase().split(/[/._-]/);
    return vagueNames.filter((name) => words.includes(name)).map((name) => `${path}: '${name}' says nothing`);
  });
}

/** No test is left out or singled out. */
export function skippedTestFaults(sources: readonly ParsedSource[]): string[] {
  const faults: string[] = [];
  const words = ["skip", "only", "todo"];
  for (const { path, tree } of sources) {
    if (!path.startsWith("test/")) continue;
    visit(tree, (node) => {
      const line = () => tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      if (ts.isPropertyAccessExpression(node) && words.includes(node.name.text)) {
        const of = node.expression.getText();
        if (/^(test|it|suite|describe|t|context)$/.test(of)) faults.push(`${path}:${line()}: ${of}.${node.name.text}`);
      }
      if (!ts.isCallExpression(node) || !/^(test|it|suite|describe|t\.test)$/.test(node.expression.getText())) return;
      for (const option of node.arguments
        .filter(ts.isObjectLiteralExpression)
        .flatMap(({ properties }) => [...properties])) {
        const name = option.name?.getText() ?? "";
        if (words.includes(name)) faults.push(`${path}:${line()}: a test with the option ${name}`);
      }
    });
  }
  return faults;
}

// Put together from pieces, so that this file does not hold what it forbids.
const forbiddenTexts: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(`\\b(${["TO", "FIX"].map((start) => `${start}${start === "TO" ? "DO" : "ME"}`).join("|")}|X{3})\\b`),
    "work left to do",
  ],
  [
    new RegExp(`(^|[^\\w.])/(${["wo" + "rk", "ro" + "ot", "tmp/gi" + "ts"].join("|")})(/|\\b)`),
    "a path of one machine",
  ],
  [
    new RegExp(["registry.np" + "mjs", "deb.deb" + "ian", "py" + "pi\\.org", "proxy.go" + "lang"].join("|")),
    "a registry's host name",
  ],
];

/** No text holds work left to do, a path of one machine or a registry's host name. */
export function textFaults(files: readonly SourceText[]): string[] {
  const faults: string[] = [];
  for (const { path, text } of files) {
    for (const [i, line] of text.split("\n").entries()) {
      for (const [pattern, what] of forbiddenTexts) {
        const found = pattern.exec(line);
        if (found) faults.push(`${path}:${i + 1}: ${what}: ${found[0].trim()}`);
      }
    }
  }
  return faults;
}

const topLevel: readonly string[] = [
  ...["package.json", "tsconfig.json", "package-lock.json", "README.md", "LICENSE", "CHANGELOG.md"],
  ...["src", "fixtures", "test", "Documentation", "bin", "bench"],
];

/** The top holds what the design lists, and dotfiles. */
export function topFaults(paths: readonly string[]): string[] {
  const present = new Set(paths.map((path) => path.split("/", 1)[0]!).filter((name) => !name.startsWith(".")));
  const extra = [...present]
    .filter((name) => !topLevel.includes(name))
    .map((name) => `${name} does not belong at the top`);
  const missing = topLevel.filter((name) => !present.has(name)).map((name) => `${name} is missing at the top`);
  return [...extra, ...missing];
}

/** The lock file names versions and digests, not where they came from. */
export function lockFaults(text: string): string[] {
  const { packages } = JSON.parse(text) as { packages: Record<string, { resolved?: string }> };
  const located = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined);
  return located.map(([path]) => `package-lock.json: ${path} says where it was fetched: take its line "resolved" out`);
}

/** Every name that `entry` exports has a doc comment where it is declared. */
export function undocumentedExports(entry: string): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const program = ts.createProgram([entry], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) return [`${entry} is missing or exports nothing`];
  return checker
    .getExportsOfModule(module)
    .filter((symbol) => {
      const declared = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return declared.getDocumentationComment(checker).length === 0;
    })
    .map((symbol) => `${entry}: ${symbol.name} has no doc comment`);
}
