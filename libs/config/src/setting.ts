interface SettingOf<Type extends string, Default> {
  readonly type: Type;
  /** What it does, for the help text: a phrase without a full stop. */
  readonly description: string;
  /** As a user would write it; without, the setting is undefined unless given. */
  readonly default?: Default;
  /** There is no value to assume: it must be given. */
  readonly required?: boolean;
  /** Shown as `***`, also in errors. */
  readonly secret?: boolean;
  /** Name of the environment variable, where it is not `SLUICE_` and the name in capitals. */
  readonly env?: string;
  /** Stands for the value in the help text, such as `FOLDER`. */
  readonly placeholder?: string;
}

/** One setting, declared once: the flag, environment variable and key of the file follow from its name. */
export type Setting =
  | (SettingOf<"string", string> & { readonly choices?: readonly string[] })
  /** A whole number. Bounds are inclusive. */
  | (SettingOf<"int", number> & { readonly min?: number; readonly max?: number })
  /** Such as `64MB`; a number of bytes in the program, where its name ends in `Bytes`. Bounds are inclusive. */
  | (SettingOf<"bytes", string> & { readonly min?: number; readonly max?: number })
  /** Such as `30s`; milliseconds in the program, where its name ends in `Ms`. Bounds are inclusive. */
  | (SettingOf<"duration", string> & { readonly min?: number; readonly max?: number })
  /** The flag `--name` or `--no-name`. */
  | SettingOf<"boolean", boolean>
  /** A flag that may be repeated; separated by commas in the environment; a list in the file. */
  | SettingOf<"list", readonly string[]>;

/** Settings by name: camelCase here, `--kebab-case` as flag and in the file, `SLUICE_UPPER_CASE` in the environment. */
export type SettingsDefinition = Readonly<Record<string, Setting>>;

type Known<S extends Setting> = S extends { readonly type: "boolean" }
  ? boolean
  : S extends { readonly type: "list" }
    ? readonly string[]
    : S extends { readonly type: "string"; readonly choices: readonly (infer Choice)[] }
      ? Choice
      : S extends { readonly type: "string" }
        ? string
        : number;

/** The value in the program: undefined is possible when there is neither a default nor a duty to give one. */
export type SettingValue<S extends Setting> = S extends
  | { readonly default: NonNullable<unknown> }
  | { readonly required: true }
  ? Known<S>
  : Known<S> | undefined;

/**
 * A setting's name in the program, which carries the unit of its value: `splitSize` is `splitBytes`, `workerMemory`
 * `workerMemoryBytes`, `gcGrace` `gcGraceMs`. From where settings are loaded to where they are used, a quantity has this one
 * name.
 */
export type ValueName<Name, S extends Setting> = Name extends string
  ? S extends { readonly type: "bytes" }
    ? Name extends `${infer Stem}Size`
      ? `${Stem}Bytes`
      : `${Name}Bytes`
    : S extends { readonly type: "duration" }
      ? `${Name}Ms`
      : Name
  : never;

/** Values by the names that the program has, see `ValueName`. */
export type SettingValues<D extends SettingsDefinition> = {
  readonly [Name in keyof D as ValueName<Name, D[Name]>]: SettingValue<D[Name]>;
};

/** Keeps the literal types of a definition, from which the types of the values follow. */
export function defineSettings<const D extends SettingsDefinition>(definition: D): D {
  return definition;
}

/** `memoryBudget` -> `memory-budget` */
export function kebabName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `memoryBudget` -> `SLUICE_MEMORY_BUDGET`, unless the setting names another. */
export function envName(name: string, setting: Setting): string {
  return setting.env ?? `SLUICE_${kebabName(name).replaceAll("-", "_").toUpperCase()}`;
}

/** `ValueName` of a setting. */
export function valueName(name: string, { type }: Setting): string {
  if (type === "duration") return `${name}Ms`;
  return type === "bytes" ? `${name.replace(/Size$/, "")}Bytes` : name;
}
