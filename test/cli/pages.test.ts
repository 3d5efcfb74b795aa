import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { commands } from "../../src/cli/commands.js";
import { globalOptionNames } from "../../src/cli/globals.js";
import { setPage } from "../../src/cli/manual.js";
import { spelledOptions } from "../../src/cli/options.js";
import { runGitmidx } from "../support/program.js";

const root = new URL("../../../", import.meta.url);

function pageText(name: string): string {
  return readFileSync(new URL(`Documentation/${name}.md`, root), "utf8");
}

/** The text of a section of a page, without its heading. */
function section(page: string, heading: string): string {
  const text = new RegExp(`^## ${heading}\n(.*?)(?=^## |$(?![^]))`, "ms").exec(page)?.[1];
  assert.ok(text !== undefined, `the page has no section ${heading}`);
  return text;
}

/** The options that stand as terms in a section: `--[no-]x`, `--x`, `-x`, without what follows them. */
function optionTerms(text: string): string[] {
  const terms = [...text.matchAll(/^ *- (`[^`]*`(?:, `[^`]*`)*)$/gm)].flatMap(([, line]) => line!.split(", "));
  return terms.map((term) => /^`(-(?:-(?:\[no-\])?[a-z-]+|[a-zA-Z]))/.exec(term)?.[1] ?? term).sort();
}

const sections = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "OUTPUT", "EXIT STATUS", "EXAMPLES"];

for (const entry of commands) {
  test(`the page of ${entry.name} has the sections of a manual page, in order`, () => {
    const page = pageText(`gitmidx-${entry.name}`);
    const found = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading!);
    assert.deepEqual(
      found.filter((heading) => sections.includes(heading)),
      sections,
    );
    assert.match(page, new RegExp(`^# gitmidx-${entry.name}\\(1\\)\n`));
    assert.match(section(page, "NAME"), new RegExp(`^\ngitmidx-${entry.name} - [a-z].*[^.]\n$`, "m"));
  });

  test(`the page of ${entry.name} has each of its options, and each option on it is one`, async () => {
    const { command } = await entry.load();
    const wanted = spelledOptions(command.options)
      .filter(({ row }) => !row.hidden)
      .flatMap(({ spelled, row, aliasOf }) => [
        ...(row.shortOnly === true ? [] : [row.negatable === false ? `--${spelled}` : `--[no-]${spelled}`]),
        ...(row.short !== undefined && aliasOf === undefined ? [`-${row.short}`] : []),
      ]);
    assert.deepEqual(optionTerms(section(pageText(`gitmidx-${entry.name}`), "OPTIONS")), wanted.sort());
  });

  test(`the usage of ${entry.name} is in the synopsis of its page`, async () => {
    const { command } = await entry.load();
    const squeezed = (text: string): string => text.replace(/\s+/g, " ").trim();
    const synopsis = squeezed(section(pageText(`gitmidx-${entry.name}`), "SYNOPSIS"));
    for (const form of command.usage) {
      const usage = squeezed(`gitmidx ${entry.name} ${form}`);
      assert.ok(synopsis.includes(usage), `'${usage}' is not in '${synopsis}'`);
    }
  });

  test(`${entry.name} is called and described the same everywhere`, async () => {
    const { command } = await entry.load();
    assert.equal(command.name, entry.name);
    assert.equal(command.summary, entry.summary);
    const described = `- \`gitmidx ${entry.name}\`\n\n  ${entry.summary}.\n`;
    assert.ok(section(pageText("gitmidx"), "COMMANDS").includes(described), `the main page lacks:\n${described}`);
  });

  test(`gitmidx ${entry.name} --help and gitmidx help ${entry.name} print its page`, () => {
    const page = runGitmidx([entry.name, "--help"]).stdout;
    assert.match(page, new RegExp(`^GITMIDX-${entry.name.toUpperCase()}\\(1\\)`));
    assert.equal(runGitmidx(["help", entry.name]).stdout, page);
    assert.ok(
      page.split("\n").every((line) => line.length <= 80 || line.startsWith("           ")),
      page,
    );
  });
}

test("each command is a file and each file a command", () => {
  const files = readdirSync(new URL("src/cli/commands/", root)).map((name) => name.replace(/\.ts$/, ""));
  assert.deepEqual(files.sort(), commands.map(({ name }) => name).sort());
});

test("each page belongs to a command or is the main page", () => {
  const pages = readdirSync(new URL("Documentation/", root)).filter((name) => /^gitmidx.*\.md$/.test(name));
  const wanted = ["gitmidx.md", ...commands.map(({ name }) => `gitmidx-${name}.md`)];
  assert.deepEqual(pages.sort(), wanted.sort());
});

test("the main page has each option before the command, and each option on it is one", () => {
  const documented = optionTerms(section(pageText("gitmidx"), "OPTIONS"));
  const wanted = [...globalOptionNames.map(({ spelled }) => spelled), "--exec-path"];
  assert.deepEqual(documented, wanted.sort());
});

test("help of something that has no page fails", () => {
  assert.equal(runGitmidx(["help", "nothing"], { status: 128 }).stderr, "fatal: no manual page for nothing\n");
  assert.equal(runGitmidx(["help", "../package"], { status: 128 }).stderr, "fatal: no manual page for ../package\n");
  assert.ok(existsSync(new URL("package.json", root)));
});

test("a page is set as text of the width asked for", () => {
  const page = [
    "# x(1)\n\n## NAME\n\nx - does *x* with `a` and `b c`\n",
    "## OPTIONS\n\nSee [the page](https://example.com/x) and [that](y.md).\n\n- `-a`, `--[no-]all`\n\n  First words\n  of it.\n",
    "  Second.\n\n  ```\n  $ x  y\n  ```\n\n- a point\n  of two lines\n\n### More\n\n```\n  as it\n\n stands\n```\n",
  ].join("\n");
  assert.equal(
    setPage("x", page, 30),
    [
      "X(1)    Gitmidx Manual    X(1)",
      "",
      "NAME",
      "       x - does *x* with a and",
      "       'b c'",
      "",
      "OPTIONS",
      "       See the page",
      "       (https://example.com/x)",
      "       and that.",
      "",
      "       -a, --[no-]all",
      "           First words of it.",
      "",
      "           Second.",
      "",
      "               $ x  y",
      "",
      "       \u2022 a point of two lines",
      "",
      "   More",
      "             as it",
      "",
      "            stands",
      "",
    ].join("\n"),
  );
});
