import { execFileSync } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { S3ObjectStore, type S3Options } from "@sluice/object-store";
import { findProgram } from "../support/find-program.ts";
import { startSeaweedFs, startVersityGw } from "../support/servers.ts";

// node test/bench/s3-copy.ts [--gigabytes 1] [--rounds 3] [--object-megabytes 64] [--at-once 2]
//
// Writing and reading the same objects through our store, through the bare SDK and, where there is a C compiler, by a program
// that only reads from a socket, in turn, on a versitygw of its own where it is installed, else a SeaweedFS.
// Rates are of the client process: bytes per second, and bytes per second of its CPU time, which is the figure per core.

const { values } = parseArgs({
  options: {
    gigabytes: { type: "string", default: "1" },
    rounds: { type: "string", default: "3" },
    "object-megabytes": { type: "string", default: "64" },
    "at-once": { type: "string", default: "2" },
  },
});
const objectBytes = Number(values["object-megabytes"]) * 1_000_000;
const objects = Math.max(1, Math.round((Number(values.gigabytes) * 1e9) / objectBytes));
const atOnce = Number(values["at-once"]);

/** What of the SDK is used here. It is the store's own, which is found from where the store is. */
interface Sdk {
  readonly S3Client: new (
    config: object,
  ) => {
    send(command: object): Promise<{ readonly Body?: { transformToByteArray(): Promise<Uint8Array> } }>;
    destroy(): void;
  };
  readonly PutObjectCommand: new (input: object) => object;
  readonly GetObjectCommand: new (input: object) => object;
}
const sdk = createRequire(import.meta.resolve("@sluice/object-store"))("@aws-sdk/client-s3") as Sdk;

interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** Runs `copy` for each object, some at once. */
async function measure(copy: (index: number) => Promise<void>): Promise<Rate> {
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  const indexes = Array.from({ length: objects }, (_, i) => i).values();
  const worker = async () => {
    for (const index of indexes) await copy(index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const { user, system } = process.cpuUsage(cpu);
  const megabytes = (objects * objectBytes) / 1e6;
  return {
    perSecond: megabytes / ((performance.now() - startMs) / 1000),
    perCpuSecond: megabytes / ((user + system) / 1e6),
  };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

await using server = findProgram("versitygw") ? await startVersityGw() : await startSeaweedFs();
const { endpoint, accessKeyId, secretAccessKey } = server;
const options: S3Options = {
  endpoint,
  region: "us-east-1",
  bucket: "bench",
  prefix: "",
  pathStyle: true,
  credentials: { accessKeyId, secretAccessKey },
  checksums: "crc32",
  maxSockets: 32,
};
await using store = await S3ObjectStore.open(options);
await store.createBucket();
/** As the SDK's documentation shows. */
const bare = new sdk.S3Client({
  endpoint,
  region: options.region,
  forcePathStyle: true,
  credentials: options.credentials,
});

const bytes = new Uint8Array(objectBytes);
randomFillSync(bytes);
const pieces: Uint8Array[] = [];
for (let at = 0; at < objectBytes; at += 1 << 20) pieces.push(bytes.subarray(at, at + (1 << 20)));
const targets: Uint8Array[] = Array.from({ length: atOnce }, () => new Uint8Array(objectBytes));

async function readOurs(index: number): Promise<void> {
  const target = targets.pop() as Uint8Array;
  if ((await store.readInto(`object-${index}`, 0, target)) !== objectBytes) throw new Error("a short read");
  targets.push(target);
}

/** The request for an object as the SDK signs it. */
async function signedRequest(index: number): Promise<string> {
  const command = new sdk.GetObjectCommand({ Bucket: options.bucket, Key: `object-${index}` }) as {
    middlewareStack: { add(step: () => (args: { request: SignedRequest }) => Promise<object>, place: object): void };
  };
  command.middlewareStack.add(
    () =>
      async ({ request }) => ({ output: { ...request, $metadata: {} } }),
    {
      name: "takeSigned",
      step: "finalizeRequest",
      priority: "low",
    },
  );
  const { method, path, query, headers } = (await bare.send(command)) as SignedRequest;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path}?${new URLSearchParams(query)} HTTP/1.1\r\n${lines.join("")}\r\n\0`;
}

interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
}

/** All objects over one socket. CPU microseconds of that program; undefined without a compiler. */
async function readSocket(): Promise<Rate | undefined> {
  if (!findProgram("cc")) return undefined;
  const program = join(tmpdir(), `socket-copy-${process.pid}`);
  execFileSync("cc", ["-O2", "-o", program, join(import.meta.dirname, "alternatives/socket-copy.c")]);
  const requests = await Promise.all(Array.from({ length: objects }, (_, i) => signedRequest(i)));
  const { hostname, port } = new URL(options.endpoint ?? "");
  const startMs = performance.now();
  const text = execFileSync(program, [hostname, port], { input: requests.join(""), encoding: "utf8" });
  rmSync(program);
  const [bytes, micros] = text.trim().split(" ").map(Number);
  const seconds = (performance.now() - startMs) / 1000;
  return { perSecond: bytes / 1e6 / seconds, perCpuSecond: bytes / micros };
}

async function readBare(index: number): Promise<void> {
  const { Body } = await bare.send(new sdk.GetObjectCommand({ Bucket: options.bucket, Key: `object-${index}` }));
  if ((await Body?.transformToByteArray())?.length !== objectBytes) throw new Error("a short read");
}

const runs: Record<string, (index: number) => Promise<void>> = {
  "write, bare SDK": async (index) => {
    await bare.send(new sdk.PutObjectCommand({ Bucket: options.bucket, Key: `object-${index}`, Body: bytes }));
  },
  "write, our store": async (index) => void (await store.put(`object-${index}`, pieces)),
  "read, bare SDK": readBare,
  "read, our store": readOurs,
};
const rates = new Map<string, Rate[]>(Object.keys(runs).map((name) => [name, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [name, run] of Object.entries(runs)) rates.get(name)?.push(await measure(run));
  const socket = await readSocket();
  if (socket) rates.set("read, bare socket", [...(rates.get("read, bare socket") ?? []), socket]);
}

console.log(`${objects} objects of ${objectBytes / 1e6} MB, ${atOnce} at once, median of ${values.rounds} rounds`);
for (const [name, found] of rates) {
  const perSecond = median(found.map((rate) => rate.perSecond)).toFixed(0);
  const perCpuSecond = median(found.map((rate) => rate.perCpuSecond)).toFixed(0);
  console.log(`${name.padEnd(18)} ${perSecond.padStart(6)} MB/s ${perCpuSecond.padStart(6)} MB per CPU second`);
}
for (const verb of ["write", "read"]) {
  const of = (who: string) => median((rates.get(`${verb}, ${who}`) ?? []).map((rate) => rate.perCpuSecond));
  const ratio = of("our store") / of("bare SDK");
  console.log(`${verb}: ours per core is ${ratio.toFixed(2)} of the bare SDK's; target at least 0.75`);
}
if (rates.has("read, bare socket")) {
  const of = (who: string) => median((rates.get(`read, ${who}`) ?? []).map((rate) => rate.perCpuSecond));
  const ratio = of("bare socket") / of("our store");
  console.log(`read: ours takes ${ratio.toFixed(2)} of the CPU of a bare socket; target at most 1.3`);
}
bare.destroy();
