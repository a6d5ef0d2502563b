export { type StandaloneSettings, standaloneSettings, workerCount } from "./settings.ts";
export { type RunningStandalone, startStandalone } from "./start.ts";
