import { collectAfterStart, thisProcess, untilSignal } from "@sluice/cluster";
import { describeSettings, givenSettings, type LoadedSettings } from "@sluice/config";
import { startTelemetry } from "@sluice/telemetry";
import type { standaloneSettings } from "./settings.ts";
import { startStandalone } from "./start.ts";

/** Tasks that run get so long to finish after a signal; the others go on after the next start. */
export const DRAIN_MS = 2000;

/** Serves until a signal. Prints `ready HOST:PORT` on standard output when clients may connect. */
export async function serve(loaded: LoadedSettings<typeof standaloneSettings>): Promise<void> {
  const { logLevel: level, logPretty: pretty } = loaded.values;
  const telemetry = startTelemetry("standalone", { level, pretty, fields: { node: thisProcess.node } });
  telemetry.log.info("settings", { ...thisProcess, settings: (pretty ? givenSettings : describeSettings)(loaded) });
  const signals = untilSignal();
  await using server = await startStandalone(loaded.values, telemetry, signals.abort);
  process.stdout.write(`ready ${server.host}:${server.port}\n`);
  using _ = collectAfterStart();
  telemetry.log.info("stopping", { signal: await signals.first });
  await server.drain(AbortSignal.timeout(DRAIN_MS));
}
