import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  describeWith,
  itWith,
  type ProgramResult,
  pythonOf,
  runProgram,
  startServer,
  TemporaryFolders,
  TestBackends,
  TestCluster,
} from "../support/index.ts";

// Unmodified clients, against the standalone and against a cluster of separate processes, each with its own collections and files, all against one server. They start together, since most of
// the time they wait; each test then waits for its client.

const pythonVersions = ["2.2.17", "2.4.15", "2.6.17", "3.0.1"] as const;
const nodePackages = ["milvus-sdk-2.2", "milvus-sdk-3.0"];
const pythonScenario = resolve(import.meta.dirname, "python/scenario.py");
const nodeScenario = resolve(import.meta.dirname, "node/scenario.ts");
const LIMIT_MS = 180_000;
/** The Node SDK logs every call otherwise. */
const environment = { NODE_ENV: "production" };
/** Clients that run at once. */
const LANES = 2;

/** What clients talk to. */
interface Target extends AsyncDisposable {
  readonly address: string;
  readonly log: string;
}

async function standalone(dataDir: string, importRoot: string): Promise<Target> {
  const server = await startServer({ dataDir, importRoots: [importRoot], settings: { workers: 2 } });
  return {
    address: server.address,
    get log() {
      return server.stderr;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** State in etcd, tasks in Redis, segments in S3; clients write their files to a folder that all processes see. */
async function cluster(_: string, importRoot: string): Promise<Target> {
  await using cleanup = new AsyncDisposableStack();
  const backends = cleanup.use(await TestBackends.start());
  const settings = { rootcoord: { importRoot }, datanode: { importRoot, workers: 1 } };
  const counts = { datanode: 2, querynode: 2 };
  const started = cleanup.use(await TestCluster.start(backends, { counts, settings }));
  const running = cleanup.move();
  return {
    address: started.address,
    get log() {
      return started.log;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function clientsWork(open: typeof standalone): void {
  const folders = new TemporaryFolders();
  const lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve());
  /** Every client that tests will ask for, started in its lane. */
  const started = new Map<string, Promise<ProgramResult>>();
  let target: Target;
  let importRoot: string;

  function start(name: string, program: string, args: (folder: string) => string[]): void {
    const lane = started.size % LANES;
    const result = lanes[lane].then(() => runProgram(program, args(resolve(importRoot, name)), LIMIT_MS, environment));
    lanes[lane] = result.catch(() => {});
    started.set(name, result);
  }

  beforeAll(async () => {
    const pair = await folders.createPair();
    importRoot = pair.importRoot;
    target = await open(pair.dataDir, importRoot);
    for (const version of pythonVersions) {
      const name = `pymilvus-${version}` as const;
      start(name, pythonOf(name), (folder) => [pythonScenario, target.address, folder]);
    }
    for (const name of nodePackages)
      start(name, process.execPath, (folder) => [nodeScenario, name, target.address, folder]);
  }, LIMIT_MS);

  afterAll(async () => {
    await target?.[Symbol.asyncDispose]();
    await folders[Symbol.asyncDispose]();
  }, LIMIT_MS);

  async function passes(name: string): Promise<void> {
    const { exitCode, output } = await (started.get(name) as Promise<ProgramResult>);
    if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}:\n${output}\nserver:\n${target.log}`);
    expect(output).toMatch(/^ok /m);
    expect(output).not.toMatch(/^not ok /m);
  }

  for (const version of pythonVersions) {
    const name = `pymilvus-${version}` as const;
    itWith(name)(`pymilvus ${version} runs the whole workflow`, () => passes(name), 3 * LIMIT_MS);
  }

  it.each(nodePackages)("the Node SDK %s runs the whole workflow", passes, 3 * LIMIT_MS);
}

describe("against the standalone", () => clientsWork(standalone));
describeWith("etcd", "redis-server", "weed")("against a cluster", () => clientsWork(cluster));
