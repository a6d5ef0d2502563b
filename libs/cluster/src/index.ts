export { advertisedAddress } from "./advertised.ts";
export * from "./backends.ts";
export { type HealthServer, openHealthServer } from "./health-server.ts";
export { Leading, type LeadingOptions } from "./leading.ts";
export { Peers, type Presence } from "./peers.ts";
export { type Role, type RoleContext, type RunningRole, runRole } from "./role.ts";
export { Session } from "./session.ts";
export * from "./settings.ts";
export { type Signals, untilSignal } from "./until-signal.ts";
