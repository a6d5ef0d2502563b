import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import {
  itWithPython,
  type ProgramResult,
  pythonOf,
  runProgram,
  startServer,
  TemporaryFolders,
  type TestServer,
} from "../support/index.ts";

// Unmodified clients, each with its own collections and files, all against one server. They start together, since most of
// the time they wait; each test then waits for its client.

const pythonVersions = ["2.2.17", "2.4.15", "2.6.17", "3.0.1"];
const nodePackages = ["milvus-sdk-2.2", "milvus-sdk-3.0"];
const pythonScenario = resolve(import.meta.dirname, "python/scenario.py");
const nodeScenario = resolve(import.meta.dirname, "node/scenario.ts");
const LIMIT_MS = 180_000;
/** The Node SDK logs every call otherwise. */
const environment = { NODE_ENV: "production" };
/** Clients that run at once. */
const LANES = 2;

const folders = new TemporaryFolders();
let server: TestServer;
let importRoot: string;
const lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve());

beforeAll(async () => {
  const pair = await folders.createPair();
  importRoot = pair.importRoot;
  server = await startServer({ dataDir: pair.dataDir, importRoots: [importRoot], settings: { workers: 2 } });
});

afterAll(async () => {
  await server?.stop();
  await folders[Symbol.asyncDispose]();
});

/** Every client that tests will ask for, started in its lane. */
const started = new Map<string, Promise<ProgramResult>>();

function start(name: string, program: string, args: (folder: string) => string[]): void {
  const lane = started.size % LANES;
  const result = lanes[lane].then(() => runProgram(program, args(resolve(importRoot, name)), LIMIT_MS, environment));
  lanes[lane] = result.catch(() => {});
  started.set(name, result);
}

beforeAll(() => {
  for (const version of pythonVersions) {
    start(`pymilvus-${version}`, pythonOf(`pymilvus-${version}`), (folder) => [pythonScenario, server.address, folder]);
  }
  for (const name of nodePackages)
    start(name, process.execPath, (folder) => [nodeScenario, name, server.address, folder]);
});

async function passes(name: string): Promise<void> {
  const { exitCode, output } = await (started.get(name) as Promise<ProgramResult>);
  if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}:\n${output}\nserver:\n${server.stderr}`);
  expect(output).toMatch(/^ok /m);
  expect(output).not.toMatch(/^not ok /m);
}

for (const version of pythonVersions) {
  const name = `pymilvus-${version}`;
  itWithPython(name, "pymilvus")(`pymilvus ${version} runs the whole workflow`, () => passes(name), 3 * LIMIT_MS);
}

it.each(nodePackages)("the Node SDK %s runs the whole workflow", passes, 3 * LIMIT_MS);
