export { collectAfterStart } from "./collect-after-start.ts";
export { CredentialsKey } from "./credentials-key.ts";
export { connectPeer, credentialsKeyOf, isLoopback, openPeerServer } from "./internal-calls.ts";
export {
  type BackendSettings,
  type Backends,
  type Need,
  openBackends,
} from "./open-backends.ts";
export { Peers, type Presence } from "./peers.ts";
export { Problems } from "./problems.ts";
export * from "./role.ts";
export type { RoleName } from "./role-name.ts";
export { runRole } from "./run-role.ts";
export { Session } from "./session.ts";
export {
  cloudSettings,
  credentialsSettings,
  embeddingSettings,
  etcdSettings,
  logSettings,
  queueSettings,
  sourceSettings,
} from "./settings.ts";
export { type RunningRole, startRole } from "./start-role.ts";
export { type ProcessIdentity, thisProcess, version } from "./this-process.ts";
export { TlsDoor, type TlsFiles } from "./tls-door.ts";
export { type Signals, untilSignal } from "./until-signal.ts";
export { withoutSchemas } from "./without-schemas.ts";
