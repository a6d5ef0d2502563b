import { setTimeout as sleep } from "node:timers/promises";
import { describeSettings, type LoadedSettings } from "@sluice/config";
import { type MetaStore, measuredMetaStore } from "@sluice/metastore";
import { type Logger, type Metrics, observeMetaStore, startTelemetry, startTracing } from "@sluice/telemetry";
import { openEtcd } from "./backends.ts";
import { openHealthServer } from "./health-server.ts";
import { Peers } from "./peers.ts";
import type { RoleName, RoleSettings, settingsOf } from "./settings.ts";
import { untilSignal } from "./until-signal.ts";

/** What a role gets to start with. */
export interface RoleContext<Name extends RoleName> {
  readonly settings: RoleSettings<Name>;
  readonly store: MetaStore;
  readonly peers: Peers;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface RunningRole extends AsyncDisposable {
  /** `host:port` of the server; undefined when there is none, or none yet. */
  readonly address: string | undefined;
  /** What the process waits for before it can serve or take over; undefined when it is ready. */
  waitsFor(): string | undefined;
  /** Finishes work in hand, or hands it back when `limit` aborts first. */
  drain?(limit: AbortSignal): Promise<void>;
}

/** One kind of process of a cluster. */
export interface Role<Name extends RoleName> {
  readonly name: Name;
  readonly start: (context: RoleContext<Name>) => Promise<RunningRole>;
}

/** Pause before etcd is tried again that cannot be reached at the start. */
const RETRY_MS = 500;

/**
 * Runs one process of a cluster until a signal. Prints `ready ADDRESS health ADDRESS` on standard output when it serves or
 * stands by; the first address is `-` while there is no server.
 */
export async function runRole<Name extends RoleName>(
  role: Role<Name>,
  loaded: LoadedSettings<(typeof settingsOf)[Name]>,
): Promise<void> {
  const settings = loaded.values as RoleSettings<Name>;
  const { log, metrics } = startTelemetry(role.name, { level: settings.logLevel, pretty: settings.logPretty });
  log.info("settings", { settings: describeSettings(loaded) });
  const signals = untilSignal();
  let running: RunningRole | undefined;
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(await startTracing({ service: role.name, endpoint: settings.otlpEndpoint }));
  const waitsFor = () => (running ? running.waitsFor() : "etcd");
  const health = cleanup.use(
    await openHealthServer({ host: settings.httpHost, port: settings.httpPort, metrics, waitsFor }),
  );
  const store = await untilReachable(() => openEtcd(settings), log, signals.abort);
  if (!store) return;
  cleanup.use(store);
  const measured = measuredMetaStore(store, observeMetaStore(metrics));
  const peers = cleanup.use(Peers.watch(measured, log));
  running = cleanup.use(await role.start({ settings, store: measured, peers, log, metrics }));
  process.stdout.write(`ready ${running.address ?? "-"} health ${settings.httpHost}:${health.port}\n`);
  log.info("stopping", { signal: await signals.first });
  await running.drain?.(AbortSignal.timeout(settings.drainLimit));
}

/** Processes start in any order, etcd last. Undefined when the process is to stop before. */
async function untilReachable<T>(open: () => Promise<T>, log: Logger, signal: AbortSignal): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await open();
    } catch (error) {
      log.warn("etcd cannot be used; it is tried again", { err: error });
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
