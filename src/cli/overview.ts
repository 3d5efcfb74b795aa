/** What `gitmidx` says of itself without a command. */

import { commands } from "./commands.js";

/** How to call the program, as git words it. */
export const programUsage = `usage: gitmidx [-v | --version] [-h | --help] [-C <path>] [-c <name>=<value>]
               [-p | --paginate | -P | --no-pager] [--no-replace-objects]
               [--bare] [--git-dir=<path>] [--work-tree=<path>]
               [--config-env=<name>=<envvar>] <command> [<args>]
`;

/** The usage and the list of commands. */
export function overviewText(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const rows = commands.map(({ name, summary }) => `   ${name.padEnd(width)}   ${summary}\n`);
  return `${programUsage}
These are the gitmidx commands:

${rows.join("")}
See 'gitmidx help <command>' to read about a specific command,
and 'gitmidx help gitmidx' for an overview.
`;
}
