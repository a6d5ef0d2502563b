import { basename, join, resolve } from "node:path";
import { untilSignal } from "@sluice/cluster";
import type { LoadedSettings } from "@sluice/config";
import {
  DRAIN_MS,
  type RunningStandalone,
  type StandaloneSettings,
  type standaloneSettings,
  startStandalone,
} from "@sluice/standalone";
import { createLogger, Metrics } from "@sluice/telemetry";
import { Presets, SingleBar } from "cli-progress";
import Table from "cli-table3";
import color from "picocolors";
import { QuickstartClient } from "./client.ts";
import { type SampleImport, writeSample } from "./sample.ts";

interface ImportedSample extends SampleImport {
  readonly importedRows: number;
  readonly segments: number;
  readonly seconds: number;
}

const say = (text = "") => process.stdout.write(`${text}\n`);

/** Starts the server, imports a small sample through the public interface, shows what came of it, and serves on. */
export async function quickstart(
  loaded: LoadedSettings<typeof standaloneSettings>,
  { exitWhenDone }: { exitWhenDone: boolean },
): Promise<void> {
  const stopped = untilSignal().first;
  const dataDir = resolve(loaded.values.dataDir);
  const sampleDir = join(dataDir, "bucket", "sample");
  await using server = await start(loaded);
  const address = `${server.host}:${server.port}`;
  say(`${color.bold("Sluice")} is ready at ${color.cyan(address)}; its data is kept in ${dataDir}`);
  say(`its console: ${color.cyan(`http://${address}/`)}`);
  using client = new QuickstartClient(address);
  const samples = await writeSample(sampleDir);
  await client.createCollection();
  const imported: ImportedSample[] = [];
  for (const sample of samples) imported.push(await importOne(client, sample));
  showTable(imported);
  const isRight = await showQuery(client, imported);
  if (!isRight) process.exitCode = 1;
  if (exitWhenDone) return;
  showHowToConnect(server);
  await stopped;
  say("stopping");
  await server.drain(AbortSignal.timeout(DRAIN_MS));
}

/** On the port that was asked for; where none was and the usual one is taken, on a free one. */
async function start({ values, sources }: LoadedSettings<typeof standaloneSettings>): Promise<RunningStandalone> {
  const telemetry = {
    // The table is what one wants to see here, unless told otherwise.
    log: createLogger("standalone", { level: sources.logLevel === "default" ? "warn" : values.logLevel, pretty: true }),
    metrics: new Metrics({ processMetrics: true }),
  };
  const settings: StandaloneSettings = values.importRoot
    ? { ...values, importRoot: [...values.importRoot, join(resolve(values.dataDir), "bucket")] }
    : values;
  try {
    return await startStandalone(settings, telemetry);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || sources.port !== "default") throw error;
    say(`port ${values.port} is taken: using a free one`);
    return startStandalone({ ...settings, port: 0 }, telemetry);
  }
}

async function importOne(client: QuickstartClient, sample: SampleImport): Promise<ImportedSample> {
  const bar = new SingleBar(
    { format: `  importing ${sample.label.padEnd(10)} {bar} {percentage}%`, hideCursor: true, clearOnComplete: false },
    Presets.shades_classic,
  );
  bar.start(100, 0);
  const startedMs = performance.now();
  const { rows, segments } = await client.import(sample.files, (percent) => bar.update(percent));
  bar.update(100);
  bar.stop();
  return { ...sample, importedRows: rows, segments, seconds: (performance.now() - startedMs) / 1000 };
}

function showTable(imported: readonly ImportedSample[]): void {
  const table = new Table({
    head: ["files", "rows", "rows/s", "segments"],
    style: process.stdout.isTTY ? { head: ["cyan"] } : { head: [], border: [] },
    colAligns: ["left", "right", "right", "right"],
  });
  for (const { files, importedRows, seconds, segments } of imported) {
    table.push([
      files.map((file) => basename(file)).join(", "),
      importedRows,
      Math.round(importedRows / seconds),
      segments,
    ]);
  }
  say();
  say(table.toString());
}

/** Shows a query; true when every count is what was written. */
async function showQuery(client: QuickstartClient, imported: readonly ImportedSample[]): Promise<boolean> {
  const expected = imported.reduce((sum, sample) => sum + sample.rows, 0);
  const total = await client.count("");
  const expr = 'year >= 1980 and title like "Book 1%"';
  say(`\n  query: ${color.bold(expr)}`);
  for (const { id, title, year } of await client.books(expr, 3)) say(`    id ${id}  ${title} (${year})`);
  say(`    … ${await client.count(expr)} of ${total} rows match`);
  const isRight = total === expected && imported.every((sample) => sample.importedRows === sample.rows);
  say(isRight ? color.green("  every count is right") : color.red(`  expected ${expected} rows, found ${total}`));
  return isRight;
}

/** What it says runs as written: the sample is a file that may be imported, by its path below the data folder's `bucket/`. */
function showHowToConnect({ host, port, importRoots }: RunningStandalone): void {
  say(`
Any Milvus client imports, too. Python, after pip install "pymilvus[bulk_writer]":

  from pymilvus.bulk_writer import bulk_import
  print(bulk_import("http://${host}:${port}", "quickstart", files=[["sample/books.jsonl"]]).json())

Node, after npm install @zilliz/milvus2-sdk-node, in a file named import.mjs:

  import { MilvusClient } from "@zilliz/milvus2-sdk-node";
  const client = new MilvusClient({ address: "${host}:${port}" });
  console.log(await client.bulkInsert({ collection_name: "quickstart", files: ["sample/books.jsonl"] }));

Files are read from: ${importRoots.join(", ")}
Serving until Ctrl-C.`);
}
