import type { FlagValues } from "./flags.ts";
import { envName, kebabName, type Setting, type SettingsDefinition, type SettingValues, valueName } from "./setting.ts";
import { SettingsError } from "./settings-error.ts";
import { readSettingsFile } from "./settings-file.ts";
import { valueSchema } from "./value-schema.ts";

/** Where a value came from: `--flag`, the name of an environment variable, `FILE: key`, or `default`. */
export type SettingSource = string;

/** Values, and of each where it came from. */
export interface LoadedSettings<D extends SettingsDefinition> {
  readonly definition: D;
  readonly values: SettingValues<D>;
  readonly sources: { readonly [Name in keyof D]: SettingSource };
}

/** Where values may come from besides defaults; of these flags go before the environment, and that before the file. */
export interface SettingsInput {
  /** Flags that were given (`givenFlags`). */
  readonly flags?: FlagValues;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Keys that the file may hold beside those of the definition: settings of other programs that share it. */
  readonly otherKeys?: readonly string[];
}

interface RawValue {
  readonly value: unknown;
  readonly source: SettingSource;
}

/**
 * Values of settings, checked: from flags, else environment variables, else the YAML file that `--config` or
 * `SLUICE_CONFIG` names, else defaults. An empty environment variable counts as absent. Environment variables that are no
 * setting are left alone: systems that run containers add their own.
 * @throws {SettingsError} with all problems at once
 * @example const { splitBytes } = loadSettings(rootCoordSettings, { env: process.env }).values
 */
export function loadSettings<const D extends SettingsDefinition>(
  definition: D,
  input: SettingsInput,
): LoadedSettings<D> {
  const { flags = {} } = input;
  const file = openFile(definition, flags, input.env);
  const problems = unknownKeys(definition, file, input.otherKeys ?? []);
  const values: Record<string, unknown> = {};
  const sources: Record<string, SettingSource> = {};
  for (const [name, setting] of Object.entries(definition)) {
    const raw = findValue(name, setting, flags, input.env, file);
    sources[name] = raw?.source ?? "default";
    values[valueName(name, setting)] = raw && checkValue(name, setting, raw, problems);
    if (!raw && setting.required)
      problems.push(`setting ${kebabName(name)} is missing: give ${waysToGive(name, setting)}`);
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return { definition, values: values as SettingValues<D>, sources: sources as LoadedSettings<D>["sources"] };
}

interface SettingsFile {
  readonly path: string;
  readonly values: ReadonlyMap<string, unknown>;
}

function openFile(
  definition: SettingsDefinition,
  flags: FlagValues,
  env: SettingsInput["env"],
): SettingsFile | undefined {
  if ("config" in definition) return undefined; // The program uses the name for something else.
  const path = (flags.config as string | undefined) ?? env.SLUICE_CONFIG;
  return path ? { path, values: readSettingsFile(path) } : undefined;
}

function findValue(
  name: string,
  setting: Setting,
  flags: FlagValues,
  env: SettingsInput["env"],
  file: SettingsFile | undefined,
): RawValue | undefined {
  const key = kebabName(name);
  const variable = envName(name, setting);
  if (flags[name] !== undefined) return { value: flags[name], source: `--${flags[name] === false ? "no-" : ""}${key}` };
  if (env[variable]) return { value: env[variable], source: variable };
  if (file?.values.has(key)) return { value: file.values.get(key), source: `${file.path}: ${key}` };
  return setting.default === undefined ? undefined : { value: setting.default, source: "default" };
}

function checkValue(name: string, setting: Setting, { value, source }: RawValue, problems: string[]): unknown {
  const result = valueSchema(setting).safeParse(value);
  if (result.success) return result.data;
  const got = setting.secret ? "another value" : JSON.stringify(value);
  problems.push(`setting ${kebabName(name)}: ${result.error.issues[0].message}, got ${got} (from ${source})`);
  return undefined;
}

function unknownKeys(
  definition: SettingsDefinition,
  file: SettingsFile | undefined,
  otherKeys: readonly string[],
): string[] {
  if (!file) return [];
  const known = [...Object.keys(definition).map(kebabName), ...otherKeys];
  return [...file.values.keys()]
    .filter((key) => !known.includes(key))
    .map((key) => `unknown setting "${key}" in ${file.path}${hint(key, known)}`);
}

function hint(key: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, distance: editDistance(key, name) }))
    .filter(({ name, distance }) => distance <= Math.max(2, name.length / 4))
    .sort((a, b) => a.distance - b.distance)[0];
  return near ? `; did you mean "${near.name}"?` : "";
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

function waysToGive(name: string, setting: Setting): string {
  return `--${kebabName(name)} or ${envName(name, setting)}`;
}
