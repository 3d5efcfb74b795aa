/** The completion script for zsh: `gitmidx …`, `git-midx …`, and `git midx …`, where zsh's `_git` looks for `_git-midx`. */

import type { CompletedCommand, CompletedOption, Completion } from "./model.js";

/** The script for these commands. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`);
  return `#compdef gitmidx git-midx
# zsh completion for gitmidx, made by \`gitmidx completion zsh\`.

_gitmidx_commands () {
  local -a commands=(
${described.join("\n")}
  )
  _describe -t commands 'gitmidx command' commands
}

_gitmidx () {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C \\
    '*-C[run as if started in the given directory]:directory:_directories' \\
    '*-c[set a configuration value]:name=value: ' \\
    '*--config-env=[set a configuration value from the environment]:name=variable: ' \\
    '--git-dir=[set the path of the repository]:directory:_directories' \\
    '--work-tree=[set the path of the working tree]:directory:_directories' \\
    '--bare[treat the repository as bare]' \\
    '(- *)'{-v,--version}'[show the version]' \\
    '(- *)'{-h,--help}'[show help]' \\
    '1:command:_gitmidx_commands' \\
    '*::argument:->arguments' && return

  case $words[1] in
${commands.map(commandArm).join("\n")}
  esac
}

# zsh's own completion of git calls this for "git midx"
_git-midx () {
  _gitmidx "$@"
}

if [ "$funcstack[1]" = "_gitmidx" ]; then
  _gitmidx "$@"
else
  compdef _gitmidx gitmidx git-midx
fi
`;
}

function commandArm(command: CompletedCommand): string {
  const specs = command.options.flatMap(optionSpecs);
  if (command.takesArguments) specs.push(quote(`*:argument:${action(command.argumentCompletion)}`));
  const list = specs.map((spec) => ` \\\n        ${spec}`).join("");
  return `    ${command.name})\n      _arguments -S -s${list}\n      ;;`;
}

function optionSpecs(option: CompletedOption): string[] {
  const help = `[${option.help.replace(/[[\]\\:]/g, "\\$&")}]`;
  const value =
    option.value === "none" ? "" : `:${option.argument.replaceAll(":", "\\:")}:${action(option.completion)}`;
  const suffix = option.value === "needed" ? "=" : option.value === "optional" ? "=-" : "";
  // an optional value is marked by a second colon
  const spec = option.value === "optional" ? `:${value}` : value;
  const specs = [quote(`*--${option.name}${suffix}${help}${spec}`)];
  if (option.short !== undefined) specs.push(quote(`*-${option.short}${suffix && "+"}${help}${spec}`));
  if (option.negatable) specs.push(quote(`*--no-${option.name}`));
  return specs;
}

function action(completion: Completion): string {
  if (typeof completion !== "string") return `(${completion.join(" ")})`;
  return { file: "_files", directory: "_directories", command: "_gitmidx_commands", none: " " }[completion];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
