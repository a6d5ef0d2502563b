import { Command, CommanderError, Option } from "commander";
import { kebabName, type Setting, type SettingsDefinition } from "./setting.ts";
import { SettingsError } from "./settings-error.ts";

/** Values of flags that were given, by name of the setting. */
export type FlagValues = Readonly<Record<string, unknown>>;

/** Adds one option per setting, and `--config`, to a command of a program that has commands of its own. */
export function addSettingFlags(command: Command, definition: SettingsDefinition): Command {
  if (!("config" in definition)) command.addOption(new Option("--config <file>", "YAML file with settings"));
  for (const [name, setting] of Object.entries(definition)) {
    for (const option of optionsOf(name, setting)) command.addOption(option);
  }
  return command;
}

/** The flags that were given to a command with `addSettingFlags`, for `loadSettings`. */
export function givenFlags(command: Command): FlagValues {
  const given = Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) === "cli");
  return Object.fromEntries(given);
}

/**
 * Parses the arguments of a process, without the program's name. commander knows the forms of flags (`--a=b`, `--a b`,
 * `--no-a`) and guesses what a mistyped one was meant to be.
 * @throws {SettingsError} for flags that are unknown or lack a value, and for arguments that are no flags
 */
export function parseFlags(args: readonly string[], definition: SettingsDefinition): FlagValues {
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeErr() {}, writeOut() {} })
    .helpOption(false);
  addSettingFlags(command, definition);
  try {
    command.parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new SettingsError([error.message.replace(/^error: /, "").replaceAll("\n", " ")]);
  }
  return givenFlags(command);
}

function optionsOf(name: string, setting: Setting): Option[] {
  const flag = `--${kebabName(name)}`;
  if (setting.type === "boolean") {
    return [new Option(flag, setting.description), new Option(`--no-${kebabName(name)}`).hideHelp()];
  }
  const option = new Option(`${flag} <${setting.placeholder ?? placeholders[setting.type]}>`, setting.description);
  if (setting.type === "list") option.argParser((value: string, before: string[] = []) => [...before, value]);
  return [option];
}

/** What stands for a value in help texts. */
export const placeholders = {
  string: "text",
  int: "number",
  bytes: "size",
  duration: "duration",
  list: "item",
} as const;
