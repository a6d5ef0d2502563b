import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { parse } from "yaml";
import {
  bookCollection,
  books,
  eventually,
  SourceFiles,
  startServer,
  TemporaryFolders,
  TestClient,
  type TestServer,
} from "../support/index.ts";

const root = resolve(import.meta.dirname, "../..");
const folders = new TemporaryFolders();

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

/** A collector of OpenTelemetry that keeps the spans it gets. */
class Collector implements AsyncDisposable {
  readonly spans: Span[] = [];
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { resourceSpans = [] } = JSON.parse(Buffer.concat(chunks).toString());
      for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) this.spans.push(...spans);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

const collector = new Collector();
let server: TestServer;
let client: TestClient;
let files: SourceFiles;

beforeAll(async () => {
  const { dataDir, importRoot } = await folders.createPair();
  files = new SourceFiles(importRoot);
  const settings = { otlpEndpoint: await collector.listen(), workers: 1 };
  server = await startServer({ dataDir, importRoots: [importRoot], settings });
  client = new TestClient(server.address);
  await client.createCollection(bookCollection("books"));
  await client.importAndWait("books", await files.jsonl("good.jsonl", books(100)));
  await client.importAndFail("books", await files.jsonl("bad.jsonl", [{ id: 1 }]));
});

afterAll(async () => {
  client?.[Symbol.dispose]();
  await server?.stop();
  await collector[Symbol.asyncDispose]();
  await folders[Symbol.asyncDispose]();
});

const scrape = async () => (await fetch(`http://${server.address}/metrics`)).text();
const sampleOf = (text: string, line: string) =>
  Number(
    text
      .split("\n")
      .find((candidate) => candidate.startsWith(`${line} `))
      ?.slice(line.length + 1),
  );

it("an import is one trace over all services", async () => {
  await eventually(async () => {
    const done = collector.spans.find(({ name }) => name === "commit import job");
    const trace = collector.spans.filter(({ traceId }) => traceId === done?.traceId);
    expect(trace.map(({ name }) => name).sort()).toEqual([
      "commit import job",
      "import",
      "import attempt",
      "plan import job",
    ]);
    const parents = trace.filter(({ parentSpanId }) => parentSpanId);
    expect(parents).toHaveLength(3);
    const attempt = trace.find(({ name }) => name === "import attempt");
    expect(attempt?.attributes.find(({ key }) => key === "rows")?.value).toEqual({ intValue: 100 });
  });
});

it("metrics tell what was imported", async () => {
  const text = await scrape();
  expect(sampleOf(text, 'sluice_jobs_ended_total{state="completed"}')).toBe(1);
  expect(sampleOf(text, 'sluice_jobs_ended_total{state="failed"}')).toBe(1);
  expect(sampleOf(text, 'sluice_jobs{state="completed"}')).toBe(1);
  expect(sampleOf(text, 'sluice_datanode_attempts_total{end="persisted"}')).toBe(1);
  expect(sampleOf(text, 'sluice_datanode_attempts_total{end="failed"}')).toBe(1);
  expect(sampleOf(text, "sluice_datanode_rows_total")).toBe(100);
  expect(sampleOf(text, "sluice_committed_rows_total")).toBe(100);
  expect(sampleOf(text, "sluice_queue_waiting_tasks")).toBe(0);
  expect(sampleOf(text, "sluice_datanodes")).toBe(1);
  expect(sampleOf(text, 'sluice_object_store_operations_total{operation="put"}')).toBeGreaterThan(0);
  expect(sampleOf(text, 'sluice_object_store_bytes_total{operation="read"}')).toBeGreaterThan(0);
  expect(sampleOf(text, 'sluice_metastore_seconds_count{operation="commit"}')).toBeGreaterThan(0);
  expect(sampleOf(text, 'sluice_rpc_seconds_count{method="Import",result="ok"}')).toBeGreaterThan(0);
});

/** Names of metrics that the sources declare. */
const declared = globSync("{libs,services}/*/src/**/*.ts", { cwd: root })
  .flatMap((file) => [
    ...readFileSync(join(root, file), "utf8").matchAll(/\((?:\s*\/\/[^\n]*\n)?\s*"(sluice_[a-z0-9_]+)"/g),
  ])
  .map(([, name]) => name);

it("the dashboard and the alerts ask for metrics that exist", () => {
  const dashboard = readFileSync(join(root, "helm/sluice/files/dashboard.json"), "utf8");
  const alerts = readFileSync(join(root, "helm/sluice/files/alerts.yaml"), "utf8");
  const asked = [...`${dashboard}${alerts}`.matchAll(/sluice_[a-z0-9_]+/g)].map(([name]) => name);
  const known = new Set(declared.flatMap((name) => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`]));
  expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([]);
  expect(JSON.parse(dashboard).panels.length).toBeGreaterThan(10);
});

it("docs/metrics.md lists every metric and every alert", () => {
  const text = readFileSync(join(root, "docs/metrics.md"), "utf8");
  const listed = [...text.matchAll(/^\| `(sluice_[a-z0-9_]+)`/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual([...new Set(declared)].sort());
  const { groups } = parse(readFileSync(join(root, "helm/sluice/files/alerts.yaml"), "utf8"));
  for (const { alert } of groups[0].rules) expect(text).toContain(`| \`${alert}\` |`);
});
