import { connectPeer, credentialsKeyOf } from "@sluice/cluster";
import { ModelServers } from "@sluice/embedding";
import { isCleaningUp, isEnded } from "@sluice/jobs";
import { withVolumes } from "@sluice/object-store";
import { dataCoord } from "@sluice/rpc";
import { AccessBook } from "./access/access-book.ts";
import { DataCoordClient } from "./data-coord.ts";
import type { RowCounts } from "./ddl/ddl-deps.ts";
import { IdAllocator } from "./id-allocator.ts";
import { JobBook } from "./jobs/job-book.ts";
import { JobCredentials } from "./jobs/job-credentials.ts";
import { JobSources } from "./jobs/job-sources.ts";
import { RootCoordMetrics } from "./metrics.ts";
import type { RootCoordDeps } from "./root-coord-deps.ts";
import type { RootCoordSettings } from "./settings.ts";
import { TsoService } from "./tso-service.ts";
import { type OpenVolumes, openVolumes } from "./volumes/open-volumes.ts";

/** What all that a rootcoord does stands on: its records, what it reads, whom it calls. */
export interface Foundation {
  readonly ids: IdAllocator;
  readonly tso: TsoService;
  readonly book: JobBook;
  readonly access: AccessBook;
  readonly credentials: JobCredentials;
  readonly volumes: OpenVolumes;
  /** Files of jobs, those of volumes too. */
  readonly sources: JobSources;
  readonly models: ModelServers;
  readonly dataCoord: DataCoordClient;
  readonly rowCounts: (collectionId: bigint) => Promise<RowCounts>;
  readonly metrics: RootCoordMetrics;
}

/** Reads all records. What it opens is closed by `cleanup`. */
export async function openFoundation(
  settings: RootCoordSettings,
  deps: RootCoordDeps,
  cleanup: AsyncDisposableStack,
): Promise<Foundation> {
  const { store } = deps;
  const ids = await IdAllocator.open(store);
  const tso = await TsoService.open(store, Date.now);
  const book = new JobBook(store);
  await book.load();
  const credentials = credentialsOf(settings, book);
  const access = new AccessBook(store, settings.rootPassword);
  const volumes = cleanup.use(openVolumes(settings, { ...deps, book, access }));
  const sources = new JobSources({
    sources: withVolumes(deps.sources, deps.objects, volumes.paths),
    describeBrought: deps.brought(settings.dataSourceEndpoint ?? []),
    credentials,
  });
  const metrics = cleanup.use(new RootCoordMetrics(deps.metrics, book));
  const channel = cleanup.use(connectPeer(dataCoord.DataCoordClient, deps.dataCoordAddress, settings));
  const client = new DataCoordClient(channel);
  const rowCounts = (id: bigint) => client.rowCounts(id);
  const models = new ModelServers(settings);
  return { ids, tso, book, access, credentials, volumes, sources, models, metrics, rowCounts, dataCoord: client };
}

/** They are forgotten with the end of their jobs, or when nothing of these is left elsewhere. */
function credentialsOf(settings: RootCoordSettings, book: JobBook): JobCredentials {
  const credentials = new JobCredentials(credentialsKeyOf(settings));
  book.onChange((id) => {
    const job = book.get(id)?.job;
    if (!job || (isEnded(job.state) && !isCleaningUp(job))) credentials.forget(id);
  });
  return credentials;
}
