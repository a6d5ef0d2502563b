export { roles } from "./roles.ts";
export { DRAIN_MS, serve } from "./serve.ts";
export { type StandaloneSettings, standaloneSettings } from "./settings.ts";
export { type RunningStandalone, startStandalone } from "./start.ts";
