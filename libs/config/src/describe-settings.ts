import type { LoadedSettings } from "./load-settings.ts";
import { kebabName, type Setting, type SettingsDefinition, valueName } from "./setting.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** Each setting with its value and where it came from, secrets masked: for the log line at the start. */
export function describeSettings<D extends SettingsDefinition>(
  settings: LoadedSettings<D>,
): Record<string, { readonly value: unknown; readonly source: string }> {
  const values = settings.values as Readonly<Record<string, unknown>>;
  const described = Object.entries(settings.definition).map(([name, setting]) => {
    const value = formatValue(setting, values[valueName(name, setting)]);
    return [kebabName(name), { value, source: settings.sources[name] }];
  });
  return Object.fromEntries(described);
}

/** Those that were given, as NAME to value: all of them are a line that nobody reads. Secrets are masked. */
export function givenSettings<D extends SettingsDefinition>(settings: LoadedSettings<D>): Record<string, unknown> {
  const given = Object.entries(describeSettings(settings)).filter(([, { source }]) => source !== "default");
  return Object.fromEntries(given.map(([name, { value }]) => [name, value]));
}

function formatValue(setting: Setting, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (setting.secret) return "***";
  if (setting.type === "bytes") return formatBytes(value as number);
  if (setting.type === "duration") return formatDuration(value as number);
  return value;
}
