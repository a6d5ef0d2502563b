import { type Command, Option } from "commander";
import { envName, kebabName, type Setting, type SettingsDefinition } from "./setting.ts";

/** Values of flags that were given, by name of the setting. */
export type FlagValues = Readonly<Record<string, unknown>>;

/**
 * Adds one option per setting, and `--config`, to a command. commander knows the forms of flags (`--a=b`, `--a b`,
 * `--no-a`), guesses what a mistyped one was meant to be, and writes the help text.
 */
export function addSettingFlags(command: Command, definition: SettingsDefinition): Command {
  if (!("config" in definition))
    command.addOption(new Option("--config <file>", "YAML file with settings, named as the flags (SLUICE_CONFIG)"));
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

function optionsOf(name: string, setting: Setting): Option[] {
  const flag = `--${kebabName(name)}`;
  const meaning = meaningOf(name, setting);
  if (setting.type === "boolean") return [new Option(flag, meaning), new Option(`--no-${kebabName(name)}`).hideHelp()];
  const option = new Option(`${flag} <${setting.placeholder ?? placeholders[setting.type]}>`, meaning);
  if (setting.type === "list") option.argParser((value: string, before: string[] = []) => [...before, value]);
  return [option];
}

/** What stands for a value in help texts. */
const placeholders = {
  string: "text",
  int: "number",
  bytes: "size",
  duration: "duration",
  list: "item",
} as const;

/** `memory of tasks (SLUICE_MEMORY_BUDGET; default 2GB)` */
function meaningOf(name: string, setting: Setting): string {
  const choices = setting.type === "string" && setting.choices ? `: ${setting.choices.join(", ")}` : "";
  const notes = [envName(name, setting)];
  if (setting.required) notes.push("required");
  const given = Array.isArray(setting.default) ? setting.default.join(",") : setting.default;
  if (given !== undefined && given !== "" && !setting.secret) notes.push(`default ${given}`);
  return `${setting.description}${choices} (${notes.join("; ")})`;
}
