import { setTimeout as sleep } from "node:timers/promises";
// Loaded at once, before the threads of the datanode compete for the cores: each role would load its service when it starts.
import "@sluice/datacoord";
import "@sluice/datanode";
import "@sluice/proxy";
import "@sluice/querynode";
import "@sluice/rootcoord";
import { type Need, openBackends, Problems, type RunningRole, startRole } from "@sluice/cluster";
import { startTracing, type Telemetry } from "@sluice/telemetry";
import { openFolders } from "./folders.ts";
import { roles } from "./roles.ts";
import type { StandaloneSettings } from "./settings.ts";
import { openTlsFiles } from "./tls-files.ts";

/** How often the proxy is asked whether it finds the others. */
const POLL_MS = 5;

/** A standalone that serves, until it is disposed. */
export interface RunningStandalone extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Folders that files may be imported from. */
  readonly importRoots: readonly string[];
  /** Finishes import tasks that run, up to `limit`; what is not finished goes on after the next start. */
  drain(limit: AbortSignal): Promise<void>;
}

/**
 * All roles in one process; state, queue and files are embedded and local, each unless a server is given for it.
 * @throws {SettingsError}; {Error} when the port or the embedded state is in use; the reason of `signal`
 */
export async function startStandalone(
  given: StandaloneSettings,
  telemetry: Telemetry,
  signal: AbortSignal = new AbortController().signal,
): Promise<RunningStandalone> {
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(await startTracing({ service: "standalone", endpoint: given.otlpEndpoint }));
  const folders = await openFolders(given);
  const settings = { ...given, ...folders, ...(await openTlsFiles(given, folders.dataDir, telemetry.log)) };
  const needs = roles.flatMap((role): readonly Need[] => role.needs);
  const backends = cleanup.use(await openBackends(settings, needs, telemetry, new Problems(telemetry.log), signal));
  const running: RunningRole[] = [];
  for (const role of roles) {
    // The others meet within the process: no port is open for them, no secret has to be kept.
    const place = role.name === "proxy" ? {} : { host: `process:${role.name}` };
    const log = telemetry.log.child({ role: role.name });
    const own = { ...settings, ...place };
    running.push(cleanup.use(await startRole<typeof own, typeof backends>(role, own, backends, { ...telemetry, log })));
  }
  const proxy = running[running.length - 1];
  while (proxy.waitsFor() !== undefined) await sleep(POLL_MS, undefined, { signal });
  const all = cleanup.move();
  const { address = "" } = proxy;
  return {
    host: settings.host,
    port: Number(address.slice(address.lastIndexOf(":") + 1)),
    importRoots: settings.importRoot,
    drain: async (limit) => void (await Promise.all(running.map((role) => role.drain(limit)))),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
