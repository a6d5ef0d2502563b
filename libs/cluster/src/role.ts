import type { SettingsDefinition, SettingValues } from "@sluice/config";
import type { Telemetry } from "@sluice/telemetry";
import { type Backends, type Need, type NeedDefinitions, type NeedValues, needSettings } from "./open-backends.ts";
import type { RoleName } from "./role-name.ts";
import { etcdSettings, logSettings, serverSettings } from "./settings.ts";

/** Where the server of a role listens, and whom it answers. */
export interface ServerAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What the processes of a cluster know each other by; without it whoever reaches a server is answered. */
  readonly internalSecret?: string | undefined;
  /** The one before, while others may still have it. */
  readonly internalSecretPrevious?: string | undefined;
  /** Files in PEM, by which processes know each other by TLS: all three, or none. */
  readonly internalTlsCert?: string | undefined;
  readonly internalTlsKey?: string | undefined;
  readonly internalTlsCa?: string | undefined;
}

/** What a role is started with: its own settings, those of what it needs, and where it listens. */
export type RoleSettings<Own extends SettingsDefinition, N extends Need = never> = SettingValues<Own> &
  NeedValues<N> &
  ServerAddress;

/** A service that was started. */
export interface RunningService extends AsyncDisposable {
  /** Of its gRPC server; undefined when it has none. */
  readonly address?: string;
  /** What it waits for before it can serve; undefined when it is ready. */
  waitsFor?(): string | undefined;
  /** Finishes work in hand, or hands it back when `limit` aborts first. */
  drain?(limit: AbortSignal): Promise<void>;
}

/**
 * One service, written once: it runs as a process of a cluster (`runRole`) and beside others in one process, on shared
 * backends and on embedded ones. `role.ts` of a service is light, and loads the service when it is started: who only wants
 * to know its settings pays for no more.
 */
export interface Role<Own extends SettingsDefinition, N extends Need> {
  readonly name: RoleName;
  /** For the command line: a phrase without a full stop. */
  readonly description: string;
  /** Of gRPC, unless told otherwise: that of Milvus. */
  readonly port: number;
  /** Of several one leads and serves, and the others stand by; else each of them serves. */
  readonly leads: boolean;
  /** What it stands on, beside the metastore and its peers, which every role has. */
  readonly needs: readonly N[];
  /** Its own settings. */
  readonly settings: Own;
  /** @param backends of a role that leads, the metastore writes only while it does */
  start(settings: RoleSettings<Own, N>, backends: Backends<N>, telemetry: Telemetry): Promise<RunningService>;
}

/**
 * Keeps the literal types of a role, from which those of its settings and backends follow.
 * @example
 * export const queryNodeRole = defineRole({
 *   ...{ name: "querynode", description: "reads what was imported; several share the segments", port: 21123, leads: false },
 *   ...{ needs: ["objects"], settings: queryNodeSettings },
 *   start: async (settings, { objects, peers }, telemetry) => { … },
 * });
 */
export function defineRole<const Own extends SettingsDefinition, const N extends Need = never>(
  role: Role<Own, N>,
): Role<Own, N> {
  return role;
}

/** A role by what it is started with. */
export type RoleOf<Settings, On> = Omit<Role<SettingsDefinition, Need>, "start"> & {
  start(settings: Settings, backends: On, telemetry: Telemetry): Promise<RunningService>;
};

/** A role, whatever it takes. */
export type AnyRole = RoleOf<never, never>;

/** All settings of a process that runs one role. */
export function settingsOf<R extends AnyRole>(role: R) {
  const ofNeeds: object[] = role.needs.map((need) => needSettings[need]);
  return {
    ...serverSettings(role.port),
    ...logSettings,
    ...etcdSettings,
    ...(Object.assign({}, ...ofNeeds, role.settings) as NeedDefinitions<R["needs"][number]> & R["settings"]),
  };
}
