/** The short help of a command, laid out as git's `-h` lays it out. */

import type { Command, OptionRow } from "./command.js";
import { spelledOptions } from "./options.js";

const helpColumn = 26;

/** The ways to call a command. */
export function usageLines(command: Command): string {
  let text = "";
  let prefix = "usage: ";
  for (const form of command.usage) {
    const [first = "", ...more] = form.split("\n");
    text += `${prefix}${`gitmidx ${command.name} ${first}`.trimEnd()}\n`;
    for (const line of more) text += `       ${line}\n`;
    prefix = "   or: ";
  }
  return text;
}

/** Usage lines and options, ending in an empty line; hidden options only in the `full` extent. */
export function usageText(command: Command, extent: "normal" | "full" = "normal"): string {
  let text = usageLines(command);
  const options = spelledOptions(command.options).filter(({ row }) => extent === "full" || !row.hidden);
  if (options.length > 0) text += "\n";
  for (const { spelled, row, aliasOf } of options) {
    text += entry(leftColumn(spelled, row, aliasOf !== undefined), aliasOf ? `alias of --${aliasOf}` : row.help);
  }
  return `${text}\n`;
}

function leftColumn(spelled: string, row: OptionRow, isAlias: boolean): string {
  if (row.shortOnly === true) return `    -${row.short}`;
  const short = row.short !== undefined && !isAlias ? `-${row.short}, ` : "";
  return `    ${short}--${row.negatable === false ? "" : "[no-]"}${spelled}${argumentText(row)}`;
}

function argumentText(row: OptionRow): string {
  if (row.type === "flag") return "";
  const literal = /[()<>[\]|]/.test(row.argument);
  const name = literal ? row.argument : `<${row.argument}>`;
  return row.type === "optional-value" ? `[=${name}]` : ` ${name}`;
}

/** One option: its help beside it where there is room, else below. */
function entry(left: string, help: string): string {
  let text = left;
  let column = left.length;
  for (const line of help.split("\n")) {
    text += column < helpColumn ? " ".repeat(helpColumn - column) : `\n${" ".repeat(helpColumn)}`;
    text += line;
    column = helpColumn;
  }
  return `${text}\n`;
}
