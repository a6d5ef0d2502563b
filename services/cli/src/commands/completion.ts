import { Argument, Command } from "commander";
import { say } from "../show/tables.ts";

/** A command as completion sees it. */
interface Node {
  /** Words from the program on: "" for the program, "jobs list" for that command. */
  readonly path: string;
  /** With the words that its first argument may be. */
  readonly commands: readonly Entry[];
  readonly options: readonly OptionEntry[];
}

interface Entry {
  readonly word: string;
  readonly about: string;
}

interface OptionEntry extends Entry {
  readonly takesValue: boolean;
  /** Empty where it may be any. */
  readonly values: readonly string[];
}

const shells = { bash, zsh, fish } as const;
type Shell = keyof typeof shells;

/** Scripts by which a shell completes commands, options, and the values of those that have few; files where nothing fits. */
export function completionCommand(): Command {
  return new Command("completion")
    .description('a script that completes commands and options: eval "$(sluice completion bash)"')
    .showHelpAfterError('(bash, zsh or fish, as in: eval "$(sluice completion bash)")')
    .addArgument(new Argument("<shell>").choices(Object.keys(shells)))
    .action((shell: Shell, _options, command: Command) => say(completionScript(command.parent as Command, shell)));
}

/** What a shell is to be told of a program. */
export function completionScript(program: Command, shell: Shell): string {
  return shells[shell](nodesOf(program));
}

function nodesOf(command: Command, path = ""): Node[] {
  const commands = command.commands.map((one) => ({ word: one.name(), about: one.description() }));
  const [argument] = command.registeredArguments;
  const choices = (argument?.argChoices ?? []).map((word) => ({ word, about: argument.description }));
  const options = command.options.flatMap(({ long, description, required, argChoices = [] }) =>
    long ? [{ word: long, about: description, takesValue: required, values: argChoices }] : [],
  );
  const inner = command.commands.flatMap((one) => nodesOf(one, `${path} ${one.name()}`.trim()));
  const help = { word: "--help", about: "what it takes", takesValue: false, values: [] };
  return [{ path, commands: [...commands, ...choices], options: [...options, help] }, ...inner];
}

function bash(nodes: readonly Node[]): string {
  const paths = nodes.flatMap(({ path }) => (path === "" ? [] : [`" ${path}"`]));
  const cases = nodes.map(({ path, commands, options }) => {
    const words = [...commands, ...options].map(({ word }) => word).join(" ");
    return `    ${path === "" ? '""' : `" ${path}"`}) words="${words}" ;;`;
  });
  const values = valuesOf(nodes).map(([place, words]) => `    "${place}") words="${words.join(" ")}" ;;`);
  return `_sluice() {
  local word path="" words="" current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      ${paths.join("|")}) path="$path $word" ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  case "$path $before" in
${values.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _sluice sluice`;
}

/** Of each option that has few: where it stands, and they. */
function valuesOf(nodes: readonly Node[]): [place: string, values: readonly string[]][] {
  return nodes.flatMap(({ path, options }) =>
    options.flatMap(({ word, values }): [string, readonly string[]][] =>
      values.length > 0 ? [[`${path === "" ? "" : ` ${path}`} ${word}`, values]] : [],
    ),
  );
}

function zsh(nodes: readonly Node[]): string {
  const paths = nodes.flatMap(({ path }) => (path === "" ? [] : [`" ${path}"`]));
  const described = (entries: readonly Entry[]) =>
    entries.map(({ word, about }) => zshQuoted(about === "" ? word : `${word}:${about}`)).join(" ");
  const cases = nodes.map(({ path, commands, options }) => {
    const at = path === "" ? '""' : `" ${path}"`;
    return `    ${at})\n      commands=(${described(commands)})\n      options=(${described(options)}) ;;`;
  });
  const values = valuesOf(nodes).map(([place, words]) => `    "${place}") values=(${words.join(" ")}) ;;`);
  // Not "path" and "words", which are zsh's own.
  return `(( $+functions[compdef] )) || { autoload -U compinit && compinit -u }
_sluice() {
  local at="" word
  local -a commands options values
  for word in \${words[2,CURRENT-1]}; do
    case "$at $word" in
      ${paths.join("|")}) at="$at $word" ;;
    esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  case "$at \${words[CURRENT-1]}" in
${values.join("\n")}
  esac
  if (( $#values )); then compadd -a values
  elif [[ $PREFIX == -* ]]; then _describe -o option options
  elif (( $#commands )); then _describe command commands
  else _files
  fi
}
compdef _sluice sluice`;
}

function fish(nodes: readonly Node[]): string {
  const known = nodes.flatMap(({ path }) => (path === "" ? [] : [quoted(path)]));
  const lines = nodes.flatMap(({ path, commands, options }) => {
    const at = `-n ${quoted(`test (__sluice_path) = ${quoted(path)}`)}`;
    return [
      ...commands.map(({ word, about }) => `complete -c sluice ${at} -f -a ${word} -d ${quoted(about)}`),
      ...options.map(({ word, about, takesValue, values }) => {
        const value = values.length > 0 ? ` -x -a ${quoted(values.join(" "))}` : takesValue ? " -r" : "";
        return `complete -c sluice ${at} -l ${word.slice(2)}${value} -d ${quoted(about)}`;
      }),
    ];
  });
  return `function __sluice_path
  set -l path ""
  for word in (commandline -opc)[2..]
    set -l longer (string trim -- "$path $word")
    contains -- $longer ${known.join(" ")}; and set path $longer
  end
  echo "$path"
end
${lines.join("\n")}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** In zsh a quote within quotes cannot be escaped. */
function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
