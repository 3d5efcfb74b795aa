/** The completion script for fish: `gitmidx …` and `git-midx …`, and the commands of `git midx …`. */

import type { CompletedCommand, CompletedOption, Completion } from "./model.js";

/** The script for these commands. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const lines = commands.flatMap((command) => commandLines(command, names));
  return `# fish completion for gitmidx, made by \`gitmidx completion fish\`.

complete -c git-midx -w gitmidx
complete -c gitmidx -f

set -l without_command "not __fish_seen_subcommand_from ${names}"
complete -c gitmidx -n $without_command -s C -x -a "(__fish_complete_directories)" -d "Run as if started in the given directory"
complete -c gitmidx -n $without_command -s c -x -d "Set a configuration value"
complete -c gitmidx -n $without_command -l git-dir -x -a "(__fish_complete_directories)" -d "Set the path of the repository"
complete -c gitmidx -n $without_command -l work-tree -x -a "(__fish_complete_directories)" -d "Set the path of the working tree"
complete -c gitmidx -n $without_command -l config-env -x -d "Set a configuration value from the environment"
complete -c gitmidx -n $without_command -l bare -d "Treat the repository as bare"
complete -c gitmidx -n $without_command -s v -l version -d "Show the version"
complete -c gitmidx -n $without_command -s h -l help -d "Show help"

${lines.join("\n")}

# "git midx": the options of each command are those of gitmidx
complete -c git -n "__fish_seen_subcommand_from midx; and not __fish_seen_subcommand_from ${names}" -f -a "${names}"
`;
}

function commandLines(command: CompletedCommand, names: string): string[] {
  const seen = `-n "__fish_seen_subcommand_from ${command.name}"`;
  const lines = [`complete -c gitmidx -n $without_command -a ${command.name} -d ${quote(command.summary)}`];
  for (const option of command.options) lines.push(...optionLines(option, seen, names));
  if (command.takesArguments) lines.push(...argumentLines(command.argumentCompletion, seen, names));
  return lines;
}

function optionLines(option: CompletedOption, seen: string, names: string): string[] {
  const short = option.short === undefined ? "" : ` -s ${option.short}`;
  const value = option.value === "needed" ? ` ${valueFlags(option.completion, names)}` : "";
  const lines = [`complete -c gitmidx ${seen}${short} -l ${option.name}${value} -d ${quote(option.help)}`];
  if (option.negatable) lines.push(`complete -c gitmidx ${seen} -l no-${option.name}`);
  return lines;
}

function argumentLines(completion: Completion, seen: string, names: string): string[] {
  if (completion === "none") return [];
  return [
    `complete -c gitmidx ${seen} ${valueFlags(completion, names).replace(/^-[rx]/, completion === "file" ? "-F" : "-f")}`,
  ];
}

/** `-r` where files may stand, `-x` where only what is offered may. */
function valueFlags(completion: Completion, names: string): string {
  if (typeof completion !== "string") return `-x -a ${quote(completion.join(" "))}`;
  return {
    file: "-r -F",
    directory: '-x -a "(__fish_complete_directories)"',
    command: `-x -a ${quote(names)}`,
    none: "-x",
  }[completion];
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
