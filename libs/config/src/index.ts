export * from "./describe-settings.ts";
export { addSettingFlags, type FlagValues, givenFlags } from "./flags.ts";
export * from "./load-settings.ts";
export * from "./setting.ts";
export * from "./settings-error.ts";
export * from "./units.ts";
