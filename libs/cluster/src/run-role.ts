import {
  describeSettings,
  givenSettings,
  type LoadedSettings,
  type SettingsDefinition,
  type SettingValues,
} from "@sluice/config";
import { startTelemetry, startTracing } from "@sluice/telemetry";
import { collectAfterStart } from "./collect-after-start.ts";
import { openHealthServer } from "./health-server.ts";
import { type BackendSettings, type Need, openBackends } from "./open-backends.ts";
import { Problems } from "./problems.ts";
import type { AnyRole } from "./role.ts";
import type { etcdSettings, logSettings, serverSettings } from "./settings.ts";
import { type RunningRole, startRole } from "./start-role.ts";
import { thisProcess } from "./this-process.ts";
import { untilSignal } from "./until-signal.ts";

type ProcessValues = SettingValues<ReturnType<typeof serverSettings> & typeof logSettings & typeof etcdSettings> &
  BackendSettings<Need>;

/**
 * Runs one process of a cluster until a signal. Prints `ready ADDRESS health ADDRESS` on standard output when it serves or
 * stands by; the first address is `-` while there is no server.
 * @param loaded of `settingsOf(role)`
 */
export async function runRole(role: AnyRole, loaded: LoadedSettings<SettingsDefinition>): Promise<void> {
  const settings = loaded.values as unknown as ProcessValues;
  const { node } = thisProcess;
  const telemetry = startTelemetry(role.name, {
    level: settings.logLevel,
    pretty: settings.logPretty,
    fields: { node },
  });
  const { log, metrics } = telemetry;
  log.info("settings", { ...thisProcess, settings: (settings.logPretty ? givenSettings : describeSettings)(loaded) });
  const signals = untilSignal();
  let running: RunningRole | undefined;
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(await startTracing({ service: role.name, endpoint: settings.otlpEndpoint }));
  const problems = new Problems(log);
  const readiness = () => problems.readiness(running ? running.waitsFor() : "etcd");
  const { httpHost: host, httpPort: port } = settings;
  const health = cleanup.use(await openHealthServer({ host, port, metrics, readiness }));
  const backends = await openBackends(settings, role.needs, telemetry, problems, signals.abort).catch((error) => {
    if (!signals.abort.aborted) throw error;
  });
  if (!backends) return; // It was told to end while it waited.
  cleanup.use(backends);
  running = cleanup.use(await startRole(role, settings as never, backends as never, telemetry));
  process.stdout.write(`ready ${running.address ?? "-"} health ${host}:${health.port}\n`);
  using _ = collectAfterStart();
  log.info("stopping", { signal: await signals.first });
  await running.drain(AbortSignal.timeout(settings.drainLimitMs));
}
