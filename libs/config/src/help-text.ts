import { placeholders } from "./flags.ts";
import type { LoadedSettings } from "./load-settings.ts";
import { envName, kebabName, type Setting, type SettingsDefinition } from "./setting.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** Whether `--help` or `-h` was asked for. `loadSettings` would refuse it: the program prints `helpText` first. */
export function helpRequested(argv: readonly string[]): boolean {
  return argv.slice(2).some((arg) => arg === "--help" || arg === "-h");
}

/**
 * Help of a program that takes these settings: flag, meaning, default and environment variable of each.
 * @param usage first line, such as `sluice-datanode [settings]`
 */
export function helpText(definition: SettingsDefinition, usage: string): string {
  const rows = Object.entries(definition).map(([name, setting]) => [flagText(name, setting), meaning(name, setting)]);
  rows.push(
    ["--config <file>", "YAML file with settings, named as the flags (SLUICE_CONFIG)"],
    ["--help", "this text"],
  );
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [`Usage: ${usage}`, "", ...rows.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`), ""].join("\n");
}

/** Each setting with its value and where it came from, secrets masked: for the log line at the start. */
export function describeSettings<D extends SettingsDefinition>(
  settings: LoadedSettings<D>,
): Record<string, { readonly value: unknown; readonly source: string }> {
  const described = Object.entries(settings.definition).map(([name, setting]) => {
    const value = formatValue(setting, settings.values[name]);
    return [kebabName(name), { value, source: settings.sources[name] }];
  });
  return Object.fromEntries(described);
}

function formatValue(setting: Setting, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (setting.secret) return "***";
  if (setting.type === "bytes") return formatBytes(value as number);
  if (setting.type === "duration") return formatDuration(value as number);
  return value;
}

function flagText(name: string, setting: Setting): string {
  if (setting.type === "boolean") return `--[no-]${kebabName(name)}`;
  return `--${kebabName(name)} <${setting.placeholder ?? placeholders[setting.type]}>`;
}

function meaning(name: string, setting: Setting): string {
  const choices = setting.type === "string" && setting.choices ? `: ${setting.choices.join(", ")}` : "";
  const notes = [envName(name, setting)];
  if (setting.type === "list") notes.push("repeatable");
  if (setting.required) notes.push("required");
  const given = Array.isArray(setting.default) ? setting.default.join(",") : setting.default;
  if (given !== undefined && given !== "" && !setting.secret) notes.push(`default ${given}`);
  return `${setting.description}${choices} (${notes.join("; ")})`;
}
