import { Argument, Command } from "commander";
import { say } from "../show/tables.ts";

/** A command as completion sees it. */
interface Node {
  /** Words from the program on: "" for the program, "jobs list" for that command. */
  readonly path: string;
  readonly commands: readonly Entry[];
  readonly options: readonly Entry[];
}

interface Entry {
  readonly word: string;
  readonly about: string;
}

const shells = { bash, zsh, fish } as const;
type Shell = keyof typeof shells;

/** Scripts by which a shell completes commands and options; files where neither fits. */
export function completionCommand(): Command {
  return new Command("completion")
    .description('a script that completes commands and options: eval "$(sluice completion bash)"')
    .addArgument(new Argument("<shell>").choices(Object.keys(shells)))
    .action((shell: Shell, _options, command: Command) => say(completionScript(command.parent as Command, shell)));
}

/** What a shell is to be told of a program. */
export function completionScript(program: Command, shell: Shell): string {
  return shells[shell](nodesOf(program));
}

function nodesOf(command: Command, path = ""): Node[] {
  const commands = command.commands.map((one) => ({ word: one.name(), about: one.description() }));
  const options = command.options.flatMap(({ long, description }) =>
    long ? [{ word: long, about: description }] : [],
  );
  const inner = command.commands.flatMap((one) => nodesOf(one, `${path} ${one.name()}`.trim()));
  return [{ path, commands, options: [...options, { word: "--help", about: "what it takes" }] }, ...inner];
}

function bash(nodes: readonly Node[]): string {
  const paths = nodes.flatMap(({ path }) => (path === "" ? [] : [`" ${path}"`]));
  const cases = nodes.map(({ path, commands, options }) => {
    const words = [...commands, ...options].map(({ word }) => word).join(" ");
    return `    ${path === "" ? '""' : `" ${path}"`}) words="${words}" ;;`;
  });
  return `_sluice() {
  local word path="" words="" current="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      ${paths.join("|")}) path="$path $word" ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _sluice sluice`;
}

/** Its own way of bash's completion. */
function zsh(nodes: readonly Node[]): string {
  return `autoload -U +X compinit && compinit -u\nautoload -U +X bashcompinit && bashcompinit\n${bash(nodes)}`;
}

function fish(nodes: readonly Node[]): string {
  const known = nodes.flatMap(({ path }) => (path === "" ? [] : [quoted(path)]));
  const lines = nodes.flatMap(({ path, commands, options }) => {
    const at = `-n ${quoted(`test (__sluice_path) = ${quoted(path)}`)}`;
    return [
      ...commands.map(({ word, about }) => `complete -c sluice ${at} -f -a ${word} -d ${quoted(about)}`),
      ...options.map(({ word, about }) => `complete -c sluice ${at} -l ${word.slice(2)} -d ${quoted(about)}`),
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
