import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  bookCollection,
  books,
  describeWith,
  eventually,
  itWith,
  linesOf,
  pythonOf,
  TemporaryFolders,
  TestBackends,
  TestClient,
  TestCluster,
  useServer,
} from "../support/index.ts";
import {
  adapt,
  type Block,
  hasPageTest,
  isRun,
  readBlocks,
  root,
  runAsUser,
  runWithSluice,
  UserProgram,
} from "./blocks.ts";

// What the documents say is run as written, on the machine's own Node: only addresses, keys and folders become those of
// the test. A block that no test runs fails the first one.

const python = "pymilvus-2.6.17";
const blocks = readBlocks();
const run = new Set<Block>();

/** The one block of a document that holds these words, to be run by a test. */
function block(file: string, language: string, words: string): string {
  const found = blocks.filter((one) => one.file === file && one.language === language && one.text.includes(words));
  if (found.length !== 1) throw new Error(`${found.length} blocks of ${file} hold ${words}`);
  run.add(found[0]);
  return found[0].text;
}

const written = {
  quickstart: block("README.md", "sh", "npm run quickstart"),
  test: block("README.md", "sh", "npm test"),
  ownFile: block("README.md", "sh", "inspect FILE"),
  python: block("README.md", "python", "bulk_import"),
  esm: block("README.md", "js", "import {"),
  commonJs: block("README.md", "js", "require("),
  rest: block("README.md", "sh", "jobs/import/create"),
  cluster: block("README.md", "sh", "SLUICE_ETCD"),
  certificates: block("docs/operations.md", "sh", "subjectAltName=DNS:sluice-internal"),
  // By test/deploy/commands.test.ts.
  helm: ["docs/operations.md", "helm/sluice/README.md"].map((file) => block(file, "sh", "helm install")),
  takeOver: block("docs/take-over.md", "python", "ImportRequest"),
  check: block("CONTRIBUTING.md", "sh", "npm run check"),
};

const folders = new TemporaryFolders();
afterAll(() => folders[Symbol.asyncDispose]());

/** Node's modules of a user who has installed the SDK. */
async function installSdk(folder: string): Promise<void> {
  await mkdir(join(folder, "node_modules/@zilliz"), { recursive: true });
  await symlink(join(root, "test/node_modules/milvus-sdk-3.0"), join(folder, "node_modules/@zilliz/milvus2-sdk-node"));
}

const runPython = (text: string, cwd: string) => runAsUser(pythonOf(python), ["-c", text], cwd);

async function runNode(text: string, cwd: string, file: string): Promise<string> {
  await writeFile(join(cwd, file), text);
  return runAsUser("node", [file], cwd);
}

it("every block of commands or code is run", () => {
  expect(blocks.filter((one) => isRun(one) && !run.has(one) && !hasPageTest(one.file))).toEqual([]);
});

it("npm install in a clone writes nothing and says what to do", async () => {
  const folder = await folders.create();
  // Without the packages that npm would look up before it refuses.
  const { devDependencies: _, ...manifest } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await cp(join(root, ".npmrc"), join(folder, ".npmrc"));
  await using npm = new UserProgram("npm", ["install"], folder);
  expect(await npm.ended).not.toBe(0);
  expect(npm.output.split("\n").filter((line) => /run \\"npm run setup\\" instead/.test(line))).toHaveLength(1);
  expect(existsSync(join(folder, "node_modules"))).toBe(false);
});

it("commands for those who work on the code name scripts that exist", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const line of `${written.check}${written.test}`.trim().split("\n")) {
    const [, script] = /^npm (?:run )?([\w-]+)/.exec(line) ?? [];
    if (line.startsWith("test/")) expect(existsSync(join(root, line.split(" ")[0]))).toBe(true);
    else expect(scripts).toHaveProperty(script);
  }
});

it("sluice is a command that finds its Node", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "services/cli/package.json"), "utf8"));
  expect((await runAsUser("npm", ["run", "-s", "sluice", "--", "--version"], root)).trim()).toBe(version);
});

describe("the quickstart", () => {
  let running: UserProgram;
  let folder: string;

  beforeAll(async () => {
    folder = await folders.create();
    running = new UserProgram("sh", ["-ec", written.quickstart], root, { SLUICE_DATA_DIR: folder, SLUICE_PORT: "0" });
    await eventually(async () => expect(running.output).toContain("Serving until Ctrl-C."), 120_000);
  }, 130_000);
  afterAll(() => running?.[Symbol.asyncDispose]());

  /** The lines after a hint's head, which are set in. */
  const hintOf = (head: string) => {
    const [, lines] = new RegExp(`^${head}.*\n\n((?:  .*\n)+)`, "m").exec(running.output) ?? [];
    return lines.replace(/^ {2}/gm, "");
  };

  it("finds every count right", () => {
    expect(running.output).toContain("every count is right");
  });

  itWith(python)("says how to import from Python", async () => {
    expect(await runPython(hintOf("Any Milvus client imports, too. Python"), folder)).toMatch(/'jobId': '\d+'/);
  });

  it("says how to import from Node", async () => {
    await installSdk(folder);
    expect(await runNode(hintOf("Node"), folder, "import.mjs")).toContain("error_code: 'Success'");
  });

  it("ends with Ctrl-C", async () => {
    running.interrupt();
    await running.ended;
    expect(running.output).toContain("stopping");
  });
});

describe("clients", () => {
  const fixture = useServer();
  const local = (text: string, words: Readonly<Record<string, string>>) => adapt(text, words);

  it("the command, without a schema, take a file of one's own", async () => {
    await fixture.files.write("own.csv", 'name,age,embedding\nAnn,31,"[0.5, 1]"\nBob,,"[1, 2.5]"\n');
    const words = { "npm run -s sluice --": "sluice", FILE: "sources/own.csv", COLLECTION: "own" };
    const output = await runWithSluice(local(written.ownFile, words), fixture.importRoot, fixture.server.address);
    expect(output).toMatch(/^\d+\tBob\t\t\[1,2\.5\]$/m);
  });

  itWith(python)("Python, then both kinds of Node module and REST, import the same file", async () => {
    const { importRoot, server } = fixture;
    const node = { "127.0.0.1:19530": server.address };
    expect(await runPython(local(written.python, node), importRoot)).toMatch(/1000[\s\S]*Book 2/);
    await installSdk(importRoot);
    expect(await runNode(local(written.esm, node), importRoot, "import.mjs")).toContain("error_code: 'Success'");
    expect(await runNode(local(written.commonJs, node), importRoot, "import.cjs")).toContain("error_code: 'Success'");
    const rest = local(written.rest, { "localhost:19530": server.address });
    expect(await runAsUser("sh", ["-ec", rest], importRoot)).toMatch(/"state":"(Pending|Importing|Completed)"/);
    const jobs = await fixture.client.list("books");
    expect(jobs).toHaveLength(4);
    for (const { id } of jobs) expect(await fixture.client.waitFor(id)).toMatchObject({ rowCount: 1000 });
  });

  itWith(python)("the call that has segments taken over is a call", async () => {
    const call = local(written.takeOver, { "milvus:19530": fixture.server.address });
    await runPython(call, fixture.importRoot);
  });
});

const withServers = describeWith("etcd", "redis-server", "weed");
withServers("the cluster", () => {
  it("starts as README says", async () => {
    await using backends = await TestBackends.start();
    const { etcd, redis, s3 } = backends;
    const commands = adapt(written.cluster, {
      "http://127.0.0.1:2379": etcd.url,
      "redis://127.0.0.1:6379": redis.url,
      "http://127.0.0.1:9000": s3.endpoint,
      "S3_ACCESS_KEY=minioadmin": `S3_ACCESS_KEY=${s3.accessKeyId}`,
      "S3_SECRET_KEY=minioadmin": `S3_SECRET_KEY=${s3.secretAccessKey}`,
    });
    await using cluster = new UserProgram("sh", ["-ec", commands], root, {
      SLUICE_HOST: "127.0.0.1",
      SLUICE_PORT: "0",
    });
    await eventually(async () => expect(cluster.output.match(/^ready /gm)).toHaveLength(5), 120_000);
    cluster.interrupt();
    await cluster.ended;
  }, 150_000);

  it("whose processes have certificates made as operations.md says imports a file", async () => {
    const folder = await folders.create();
    await runAsUser("sh", ["-ec", written.certificates], folder);
    const file = (name: string) => join(folder, "internal-tls", name);
    const settings = {
      internalTlsCert: file("tls.crt"),
      internalTlsKey: file("tls.key"),
      internalTlsCa: file("ca.crt"),
    };
    await using backends = await TestBackends.start();
    await using cluster = await TestCluster.start(backends, {
      settings: { proxy: settings, rootcoord: settings, datacoord: settings, datanode: settings, querynode: settings },
    });
    using client = new TestClient(cluster.address);
    await client.createCollection(bookCollection("books"));
    await cluster.objects.put("books.jsonl", [Buffer.from(linesOf(books(100)))]);
    expect(await client.importAndWait("books", ["books.jsonl"])).toMatchObject({ rowCount: 100 });
  }, 120_000);
});
