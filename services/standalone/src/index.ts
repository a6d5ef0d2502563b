export { serve } from "./serve.ts";
export { type StandaloneSettings, standaloneSettings } from "./settings.ts";
export { type RunningStandalone, startStandalone } from "./start.ts";
