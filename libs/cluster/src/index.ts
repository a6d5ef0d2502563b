export { advertisedAddress } from "./advertised.ts";
export { type HealthServer, openHealthServer } from "./health-server.ts";
export { Leading, type LeadingOptions } from "./leading.ts";
export {
  type BackendSettings,
  type Backends,
  type Need,
  openBackends,
  type StoreDescriptions,
} from "./open-backends.ts";
export { Peers, type Presence } from "./peers.ts";
export { Problems } from "./problems.ts";
export * from "./role.ts";
export { runRole } from "./run-role.ts";
export { Session } from "./session.ts";
export * from "./settings.ts";
export { openEtcd, openRedis } from "./shared-backends.ts";
export { type RunningRole, startRole } from "./start-role.ts";
export { type Signals, untilSignal } from "./until-signal.ts";
