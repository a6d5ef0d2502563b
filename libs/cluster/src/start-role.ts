import type { SettingValues } from "@sluice/config";
import type { MetaStore } from "@sluice/metastore";
import type { Telemetry } from "@sluice/telemetry";
import { advertisedAddress } from "./advertised.ts";
import { Leading, type LeadingOptions } from "./leading.ts";
import type { Backends } from "./open-backends.ts";
import type { RoleOf, RunningService } from "./role.ts";
import { Session } from "./session.ts";
import type { etcdSettings } from "./settings.ts";

/** How peers find a role that was started. */
export type PresenceSettings = Pick<SettingValues<typeof etcdSettings>, "sessionTtlMs"> & {
  readonly advertiseAddress?: string;
};

/** A role that serves, or stands by. */
export type RunningRole = Required<Omit<RunningService, "address">> & Pick<RunningService, "address">;

/** Starts a role on backends and makes it known to its peers; one that leads stands by until it does. */
export async function startRole<Settings, On>(
  role: RoleOf<Settings, On>,
  settings: Settings & PresenceSettings,
  backends: On & Backends<never>,
  telemetry: Telemetry,
): Promise<RunningRole> {
  const { sessionTtlMs: ttlMs } = settings;
  const { problems } = backends as Backends<never>;
  const start = (metastore: MetaStore) => role.start(settings, { ...backends, metastore }, telemetry);
  const advertise = (address: string) => advertisedAddress(settings.advertiseAddress, address);
  if (role.leads)
    return standingBy({
      ...{ role: role.name, ttlMs, store: backends.metastore, problems, ...telemetry },
      ...{ serve: start, advertise },
    });
  await using cleanup = new AsyncDisposableStack();
  const service = cleanup.use(await start(backends.metastore));
  const address = service.address === undefined ? "" : advertise(service.address);
  const session = cleanup.use(new Session(backends.metastore, { role: role.name, address, ttlMs, problems }));
  const running = cleanup.move();
  return {
    address: service.address,
    waitsFor: () => service.waitsFor?.() ?? (session.isHeld ? undefined : "etcd"),
    drain: async (limit) => service.drain?.(limit),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Of one that stands by there is nothing to wait for: that is its work. */
function standingBy(options: LeadingOptions): RunningRole {
  const leading = new Leading(options);
  return {
    ...{ address: undefined, waitsFor: () => undefined, drain: async () => undefined },
    [Symbol.asyncDispose]: () => leading[Symbol.asyncDispose](),
  };
}
