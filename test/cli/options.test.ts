import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { OptionRow, OptionTable } from "../../src/cli/command.js";
import { UsageError } from "../../src/cli/complaint.js";
import { optionValues } from "../../src/cli/option-values.js";
import { readCommandLine } from "../../src/cli/options.js";
import { usageText } from "../../src/cli/usage.js";
import { forEachGit, type GitBinary, newestGit, runGit, systemGit } from "../support/gits.js";
import { makeTempFolder } from "../support/temp.js";

/** What a reader of options makes of a command line. */
interface Outcome {
  readonly status: number;
  readonly error: string;
  readonly usage: "stdout" | "stderr" | "none";
  readonly values: Readonly<Record<string, unknown>>;
  readonly args: readonly string[];
}

const failed = { values: {}, args: [] };

async function ours(table: OptionTable, words: readonly string[]): Promise<Outcome> {
  try {
    const { tokens, args } = readCommandLine(table, words);
    const given = Object.entries(await optionValues(table, tokens)).filter(([, value]) => value !== undefined);
    return { status: 0, error: "", usage: "none", values: Object.fromEntries(given), args };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const usage = error.usagePlace === "nowhere" ? "none" : error.usagePlace === "stderr" ? "stderr" : "stdout";
    return { status: 129, error: error.message === "" ? "" : `error: ${error.message}\n`, usage, ...failed };
  }
}

/** The same by git's own parser, which `git rev-parse --parseopt` opens to scripts. */
function gits(git: GitBinary, table: OptionTable, words: readonly string[]): Outcome {
  const run = runGit(git, ["rev-parse", "--parseopt", "--stuck-long", "--", ...words], {
    input: `probe <args>\n--\n${Object.entries(table).map(parseoptLine).join("")}`,
    status: "any",
  });
  if (run.status === 0) {
    const [, ...shellWords] = unquote(run.stdout.trimEnd()).slice(1);
    return { status: 0, error: "", usage: "none", ...gitValues(table, shellWords) };
  }
  const error = /^(error: .*\n)?/.exec(run.stderr)?.[0] ?? "";
  const usage = run.stdout.includes("usage: ") ? "stdout" : run.stderr.includes("usage: ") ? "stderr" : "none";
  return { status: run.status, error, usage, ...failed };
}

function parseoptLine([name, row]: [string, OptionRow]): string {
  const mark = row.type === "flag" ? "" : row.type === "optional-value" ? "?" : "=";
  return `${row.short ? `${row.short},` : ""}${name}${mark}${row.negatable === false ? "!" : ""} help\n`;
}

/** The words of a line quoted for the shell. */
function unquote(line: string): string[] {
  const words: string[] = [];
  for (const [match] of line.matchAll(/(?:[^ '\\]|\\.|'[^']*')+/gs)) {
    words.push(match.replace(/'([^']*)'|\\(.)/gs, (_, quoted, escaped) => quoted ?? escaped));
  }
  return words;
}

function gitValues(table: OptionTable, words: readonly string[]): Pick<Outcome, "values" | "args"> {
  const values: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(table)) if (row.type === "list") values[name] = [];
  const end = words.indexOf("--");
  for (const word of words.slice(0, end)) {
    const [, negation, name, value] = /^--(no-)?([^=]+?)(?:=(.*))?$/s.exec(word)!;
    const row = table[name!]!;
    const isSwitch = row.type === "flag" || row.type === "optional-value";
    if (negation && row.type === "list") values[name!] = [];
    else if (negation && isSwitch) values[name!] = false;
    else if (negation) delete values[name!];
    else if (row.type === "list") (values[name!] as unknown[]).push(value);
    else values[name!] = value ?? true;
  }
  return { values, args: words.slice(end + 1) };
}

const names = [
  "base",
  "bare",
  "ba",
  "progress",
  "preferred-pack",
  "stdin-packs",
  "incremental",
  "nb",
  "object-dir",
  "noise",
];
const help = "help";

const rows: fc.Arbitrary<OptionRow> = fc.oneof(
  fc.constant<OptionRow>({ type: "flag", help }),
  fc.constant<OptionRow>({ type: "flag", help, negatable: false }),
  fc.constant<OptionRow>({ type: "value", help, argument: "v" }),
  fc.constant<OptionRow>({ type: "list", help, argument: "v" }),
  fc.constant<OptionRow>({ type: "optional-value", help, argument: "v" }),
);

const tables: fc.Arbitrary<OptionTable> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), rows, fc.option(fc.constantFrom("b", "o", "x", "s"))), {
    minLength: 1,
    maxLength: 6,
    selector: ([name]) => name,
  })
  .map((entries) => {
    const taken = new Set<string>();
    return Object.fromEntries(
      entries.map(([name, row, short]) => {
        if (short === null || taken.has(short)) return [name, row];
        taken.add(short);
        return [name, { ...row, short }];
      }),
    );
  });

const text = fc.constantFrom("", "v", "a b", "it's", "-x", "--base", "=", "é", "10k", '"q"', "'q'", "a\\b");
const longWord = fc
  .tuple(fc.constantFrom("", "", "no-", "no-no-"), fc.constantFrom(...names), fc.nat(14), fc.option(text))
  .map(([no, name, length, value]) => `--${no}${name.slice(0, length)}${value === null ? "" : `=${value}`}`);
const cluster = fc
  .array(fc.constantFrom("b", "o", "x", "s", "h", "z", "é"), { minLength: 1, maxLength: 4 })
  .map((letters) => `-${letters.join("")}`);
const oneDash = fc.constantFrom(...names, "no-progress").map((name) => `-${name}`);
const word = fc.oneof(
  { weight: 6, arbitrary: longWord },
  { weight: 3, arbitrary: cluster },
  { weight: 1, arbitrary: oneDash },
  { weight: 2, arbitrary: text },
  {
    weight: 1,
    arbitrary: fc.constantFrom("-", "--", "--n", "--no", "--no-", "-h", "--help", "--help-all", "--end-of-options"),
  },
);

// git 2.45 made abbreviations of options with `--no-` regular
forEachGit(2, 45, "abbreviated options against git's own parser", (git) => {
  test(`random command lines are read as ${git.label} reads them`, async () => {
    const commandLines = fc.array(word, { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(tables, commandLines, async (table, words) => {
        assert.deepEqual(await ours(table, words), gits(git, table, words));
      }),
      { numRuns: 500 },
    );
  });
});

const writeTable = {
  "object-dir": {
    type: "value",
    argument: "directory",
    help: "object directory containing set of packfile and pack-index pairs",
  },
  progress: { type: "flag", help: "force progress reporting" },
  "preferred-pack": {
    type: "value",
    argument: "preferred-pack",
    help: "pack for reuse when computing a multi-pack bitmap",
  },
  bitmap: { type: "flag", help: "write multi-pack bitmap" },
  "stdin-packs": { type: "flag", help: "write multi-pack index containing only given indexes" },
  "refs-snapshot": { type: "value", argument: "file", help: "refs snapshot for selecting bitmap commits" },
} as const satisfies OptionTable;

const repository = makeTempFolder("options");
runGit(systemGit(), ["init", "-q", repository]);

const wrongLines = [
  ["--bogus"],
  ["--bogus=1"],
  ["-z"],
  ["--preferred-pack"],
  ["--object-dir"],
  ["--stdin-packs=1"],
  ["--no-preferred-pack=x"],
  ["--pro=1"],
  ["-progress"],
  ["-no-progress"],
  ["-pé"],
  ["-h", "x"],
  ["--no-no-progress"],
];

for (const words of wrongLines) {
  test(`'write ${words.join(" ")}' is refused in the words of git multi-pack-index`, async () => {
    const git = runGit(newestGit(), ["multi-pack-index", "write", ...words], { cwd: repository, status: 129 });
    const { error, status } = await ours(writeTable, words);
    assert.equal(status, 129);
    assert.equal(error, /^(error: .*\n)?/.exec(git.stderr)![0]);
  });
}

// git 2.44 began to show which options can be negated
forEachGit(2, 44, "the list of options", (git) => {
  test(`the list of options is laid out as ${git.label} lays it out`, () => {
    const table: OptionTable = {
      verbose: { type: "flag", help: "be verbose", short: "v" },
      "preferred-pack": { type: "value", argument: "pack", help: "a help that goes below" },
      junit: { type: "optional-value", argument: "file", help: "perhaps a file", short: "j" },
      "from-to": { type: "value", argument: "(a|b)", help: "literal" },
      secret: { type: "flag", help: "hidden", hidden: true },
      fixed: { type: "flag", help: "cannot be negated", negatable: false },
    };
    const spec =
      "v,verbose be verbose\npreferred-pack=pack a help that goes below\nj,junit?file perhaps a file\n" +
      "from-to=(a|b) literal\nsecret* hidden\nfixed! cannot be negated\n";
    const command = { name: "probe", summary: "", usage: ["<a>", ""], options: table, run: async () => 0 };
    for (const [word, extent] of [
      ["-h", "normal"],
      ["--help-all", "full"],
    ] as const) {
      const { stdout } = runGit(git, ["rev-parse", "--parseopt", "--", word], {
        input: `gitmidx probe <a>\ngitmidx probe\n--\n${spec}`,
        status: 129,
      });
      assert.equal(usageText(command, extent), stdout.replace(/^cat <<\\EOF\n/, "").replace(/EOF\n$/, ""));
    }
  });
});

test("an alias is the same option under another name, and never ambiguous with it", async () => {
  const table = {
    incremental: { type: "flag", help, aliases: ["split", "increment"] },
    base: { type: "value", argument: "v", help, aliases: ["basis"] },
  } as const satisfies OptionTable;
  assert.deepEqual((await ours(table, ["--split"])).values, { incremental: true });
  assert.deepEqual((await ours(table, ["--incr", "--no-spl"])).values, { incremental: false });
  assert.deepEqual((await ours(table, ["--bas=1"])).values, { base: "1" });
  assert.deepEqual((await ours(table, ["--basis", "1", "--no-base"])).values, {});
  assert.equal((await ours(table, ["--no-basis=1"])).error, "error: option `no-basis' takes no value\n");
});

test("a number is read and refused as git reads an unsigned number", async () => {
  const table: OptionTable = {
    "object-dir": { type: "value", argument: "directory", help },
    progress: { type: "flag", help },
    "batch-size": { type: "number", argument: "n", help },
  };
  const numbers = [
    "0",
    "1",
    "10k",
    "3M",
    "2g",
    "0x10",
    "010",
    "08",
    "+5",
    " 7",
    "7 ",
    "1kk",
    "1t",
    "k",
    "-1",
    "1.5",
    "x",
    "0k",
  ];
  for (const number of numbers) {
    const words = [`--batch-size=${number}`];
    const git = runGit(newestGit(), ["multi-pack-index", "repack", ...words], { cwd: repository, status: "any" });
    const outcome = await ours(table, words);
    const gitError = git.status === 129 ? git.stderr.split("\n")[0] : "";
    assert.equal(outcome.error.trimEnd(), gitError, `batch size '${number}'`);
  }
  const value = async (number: string) => (await ours(table, [`--batch-size=${number}`])).values["batch-size"];
  assert.equal(await value("10k"), 10240);
  assert.equal(await value("2g"), 2 ** 31);
  assert.equal(await value("0x10"), 16);
  assert.equal(await value("010"), 8);
  assert.equal(await value(String(2 ** 53)), undefined);
  assert.equal((await ours(table, ["--batch-size="])).error, "error: option `batch-size' expects a numerical value\n");
});

test("a signed number is read and refused as git reads one", async () => {
  const table: OptionTable = { window: { type: "number", signed: true, argument: "n", help } };
  for (const number of [
    "-1",
    "-2k",
    "+5",
    "--5",
    "-0x10",
    "-x",
    "2147483647",
    "2147483648",
    "-2g",
    "-3g",
    "k",
    "1.5",
  ]) {
    const words = [`--window=${number}`];
    const git = runGit(newestGit(), ["pack-objects", "--stdout", ...words], { cwd: repository, status: "any" });
    const outcome = await ours(table, words);
    const gitError = git.status === 129 ? git.stderr.split("\n")[0] : "";
    assert.equal(outcome.error.trimEnd(), gitError, `window '${number}'`);
  }
  assert.equal((await ours(table, ["--window=-2k"])).values.window, -2048);
  assert.equal((await ours(table, ["--no-window"])).values.window, 0);
});

test("of the flags of a group the last one counts", async () => {
  const table: OptionTable = {
    quiet: { type: "flag", short: "q", group: "meter", help },
    progress: { type: "flag", group: "meter", help },
    other: { type: "flag", help },
  };
  assert.deepEqual((await ours(table, ["-q", "--other", "--progress"])).values, { progress: true, other: true });
  assert.deepEqual((await ours(table, ["--progress", "-q"])).values, { quiet: true });
  assert.deepEqual((await ours(table, ["-q", "--no-progress"])).values, { progress: false });
});

test("any text is a value as it stands", async () => {
  const table = {
    base: { type: "value", argument: "v", help },
    git: { type: "list", argument: "v", help },
    junit: { type: "optional-value", argument: "v", help },
  } as const;
  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("", "''", '"q"', "-1", "1e3", "true", "a,b", "x.y"),
  );
  await fc.assert(
    fc.asyncProperty(anyText, fc.array(anyText), async (value, list) => {
      const words = [`--base=${value}`, `--junit=${value}`, ...list.flatMap((item) => ["--git", item])];
      const { tokens } = readCommandLine(table, words);
      assert.deepEqual(await optionValues(table, tokens), { base: value, git: list, junit: value });
    }),
  );
});
