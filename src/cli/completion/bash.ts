/** The completion script for bash: `gitmidx …`, `git-midx …`, and `git midx …` where git's own completion is loaded. */

import { globalOptionNames } from "../globals.js";
import type { CompletedCommand, CompletedOption, Completion } from "./model.js";

/** The script for these commands. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name);
  const valued = globalOptionNames.filter(({ value }) => value !== "none").map(({ spelled }) => spelled);
  const globals = globalOptionNames
    .filter(({ spelled }) => spelled.startsWith("--"))
    .map(({ spelled, value }) => (value === "next word or joined" ? `${spelled}=` : spelled));
  return `# bash completion for gitmidx, made by \`gitmidx completion bash\`.

__gitmidx_commands='${names.join(" ")}'
__gitmidx_globals='${globals.join(" ")}'

# the options of command $1; one that needs a value ends in "="
__gitmidx_options () {
	case "$1" in
${commands.map(({ name, options }) => caseArm(name, options.map(offered).join(" "))).join("\n")}
	esac
}

# what completes the value of option "$1 --name": file, directory, or words; fails if it takes none
__gitmidx_value () {
	case "$1" in
${commands.flatMap(valueArms).join("\n")}
	--git-dir | --work-tree | --object-dir | -C) echo directory ;;
	*) return 1 ;;
	esac
}

# what completes the arguments of command $1
__gitmidx_arguments () {
	case "$1" in
${commands.map((command) => caseArm(command.name, completionText(command.argumentCompletion, names))).join("\n")}
	esac
}

${replies}
${completer(valued)}
${entryPoints}`;
}

function offered(option: CompletedOption): string {
  const negation = option.negatable ? ` --no-${option.name}` : "";
  return `--${option.name}${option.value === "needed" ? "=" : ""}${negation}`;
}

function valueArms({ name, options }: CompletedCommand): string[] {
  return options
    .filter(({ value }) => value !== "none")
    .map((option) => `\t"${name} --${option.name}") echo '${completionText(option.completion, [])}' ;;`);
}

function caseArm(name: string, text: string): string {
  return `\t${name}) echo '${text}' ;;`;
}

function completionText(completion: Completion, commandNames: readonly string[]): string {
  if (completion === "command") return commandNames.join(" ");
  return typeof completion === "string" ? completion : completion.join(" ");
}

const replies = `# fills COMPREPLY with what of kind $1 (file, directory, none or words) begins with $2;
# for files it stays empty, and bash's own completion takes over
__gitmidx_reply () {
	local IFS=$'\\n' word
	COMPREPLY=()
	case "$1" in
	file | none | "") ;;
	directory) COMPREPLY=($(compgen -d -S / -- "$2")) ;;
	*)
		IFS=' '
		for word in $1; do
			case "$word" in
			"$2"*=) COMPREPLY+=("$word") ;;
			"$2"*) COMPREPLY+=("$word ") ;;
			esac
		done
		;;
	esac
}

# keeps --no-... out of the way until it is asked for
__gitmidx_reply_options () {
	local option shown=
	for option in $1; do
		case "$2,$option" in
		--no-*,--no-*) shown+=" $option" ;;
		--no-*,*) ;;
		*,--no-*) case "$shown " in *" --no-... "*) ;; *) shown+=" --no-..." ;; esac ;;
		*) shown+=" $option" ;;
		esac
	done
	__gitmidx_reply "$shown" "$2"
	COMPREPLY=("\${COMPREPLY[@]/%--no-... /--no-}")
}
`;

/** The function that finds what stands at the end of a line; `valued` are the options before the command that take the next word. */
function completer(valued: readonly string[]): string {
  return `# completes words[cword]; the first word after the program is words[$1]
__gitmidx_complete () {
	local i=$1 command= cur=\${words[cword]} prev=\${words[cword-1]} kind ended=
	COMPREPLY=()
	for ((; i < cword; i++)); do
		case "\${words[i]}" in
		${valued.join(" | ")}) ((i++)) ;;
		-*) ;;
		*)
			command=\${words[i]}
			break
			;;
		esac
	done
	for ((i++; i < cword; i++)); do
		[ "\${words[i]}" = -- ] && ended=1
	done
	if [ -z "$ended" ]; then
		case "$cur" in
		--*=*)
			kind=$(__gitmidx_value "\${command:+$command }\${cur%%=*}") || return 0
			__gitmidx_reply "$kind" "\${cur#*=}"
			# bash replaces what follows the "=" only if that breaks words
			case "$COMP_WORDBREAKS" in
			*=*) ;;
			*) COMPREPLY=("\${COMPREPLY[@]/#/\${cur%%=*}=}") ;;
			esac
			return 0
			;;
		esac
		case "-C $(__gitmidx_options "$command") $__gitmidx_globals " in
		*" $prev= "* | "$prev "*)
			kind=$(__gitmidx_value "\${command:+$command }$prev")
			__gitmidx_reply "$kind" "$cur"
			return 0
			;;
		esac
		case "$cur" in
		-*)
			if [ -n "$command" ]; then
				__gitmidx_reply_options "$(__gitmidx_options "$command")" "$cur"
			else
				__gitmidx_reply "$__gitmidx_globals" "$cur"
			fi
			return 0
			;;
		esac
	fi
	if [ -n "$command" ]; then
		__gitmidx_reply "$(__gitmidx_arguments "$command")" "$cur"
	else
		__gitmidx_reply "$__gitmidx_commands" "$cur"
	fi
}
`;
}

const entryPoints = `# gitmidx ...: puts the words that bash broke at "=" together again
_gitmidx () {
	local words=() cword=0 i word glue=
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=\${COMP_WORDS[i]}
		if [ -n "$glue" ]; then
			words[cword]+=$word
			glue=
		elif [[ $word == "=" && $i -gt 0 ]]; then
			words[cword]+=$word
			glue=1
		else
			words+=("$word")
			cword=$((\${#words[@]} - 1))
		fi
	done
	__gitmidx_complete 1
}

# git midx ...: called by git's own completion, which has set words and cword
_git_midx () {
	__gitmidx_complete $((__git_cmd_idx + 1))
}

complete -o bashdefault -o default -o nospace -F _gitmidx gitmidx git-midx
`;
