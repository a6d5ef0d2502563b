export { availableMemory } from "./available-memory.ts";
export * from "./describe-settings.ts";
export { addSettingFlags, type FlagValues, givenFlags } from "./flags.ts";
export * from "./load-settings.ts";
export {
  defineSettings,
  kebabName,
  type Setting,
  type SettingsDefinition,
  type SettingValue,
  type SettingValues,
  type ValueName,
} from "./setting.ts";
export * from "./settings-error.ts";
export {} from "./units.ts";
