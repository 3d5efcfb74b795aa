/** The values of a command's options, by yargs-parser from a command line in plain spelling. */

import type { OptionRow, OptionTable, OptionValues } from "./command.js";

type OptionValue = OptionValues<OptionTable>[string];

/** What `tokens`, as `options.ts` makes them, give to each option of `table`. Loads yargs-parser only if there are any. */
export async function optionValues<T extends OptionTable>(
  table: T,
  tokens: readonly string[],
): Promise<OptionValues<T>> {
  const parsed = tokens.length === 0 ? {} : await parseTokens(table, tokens);
  const values: Record<string, OptionValue> = {};
  for (const [name, row] of Object.entries(table)) values[name] = typedValue(row, parsed[name]);
  return values as OptionValues<T>;
}

async function parseTokens(table: OptionTable, tokens: readonly string[]): Promise<Record<string, unknown>> {
  const { default: parse } = await import("yargs-parser");
  const names = (...types: readonly OptionRow["type"][]): string[] =>
    Object.keys(table).filter((name) => types.includes(table[name]!.type));
  return parse(tokens.map(guarded), {
    boolean: names("flag"),
    string: names("value", "list"),
    configuration: {
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      // makes lists; its own kind of array would drop empty texts
      "duplicate-arguments-array": true,
      "short-option-groups": false,
    },
  });
}

/** yargs-parser takes quotes off a value that begins and ends with one; no value does so behind this. */
const guard = ":";

function guarded(token: string): string {
  return token.replace("=", `=${guard}`);
}

function unguarded(value: unknown): unknown {
  return typeof value === "string" ? value.slice(guard.length) : value;
}

function typedValue(row: OptionRow, parsed: unknown): OptionValue {
  const given = parsed === undefined ? [] : [parsed].flat().map(unguarded);
  if (row.type === "list") return given as string[];
  const last = given.at(-1);
  if (row.type === "number") return last === undefined ? undefined : Number(last);
  return last as string | boolean | undefined;
}
