import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { checkStatus, connectClient, milvus, schema } from "@sluice/rpc";
import { type Figure, median } from "./report.ts";
import { BenchServer, ownBuild } from "./sluice.ts";

/** Enough for the compiler to have done its work. */
const WARM_CALLS = 20_000;
const CALLS = 6000;
/** Under way at a time, over one connection. */
const AT_ONCE = 8;

/** A proxy of its own has it so; a standalone, which imports too, has halves of 2 MB. */
const AS_V8_HAS_IT = ["--max-semi-space-size=16"];
const NAME = "calls";
const AUTHORIZATION = Buffer.from("root:Milvus").toString("base64");

/** A call that the proxy answers by itself, and one that it hands on. */
const methods = ["getVersion", "hasPartition"] as const;
type Method = (typeof methods)[number];

/** Of each server in turn, so long. */
const SLICE_MS = 400;
/** Slices that are not counted, in which the compilers work. */
const WARM_SLICES = 5;
/** Clients, each in a process of its own, and calls that each has under way. */
const crowds = [
  [1, 1],
  [1, 8],
  [4, 8],
] as const;

/** A server as this process sees it. */
interface Contender {
  readonly what: string;
  readonly pid: number;
  readonly address: string;
  readonly client: ReturnType<typeof clientOf>;
}

/** CPU of the server a gRPC call, with users asked for: of this build, of another one, and of grpc-js with nothing around it. */
export async function callFigures(
  { work, before, rounds }: { readonly work: string; readonly before: string | undefined; readonly rounds: number },
  note: (figure: Figure) => void,
): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const contenders = [await bareServer(cleanup)];
  if (before !== undefined) contenders.push(await ours("build before", before, join(work, "before"), cleanup));
  contenders.push(await ours("this build", ownBuild, join(work, "now"), cleanup));
  contenders.push(
    await ours("this build, V8's young generation", ownBuild, join(work, "now-v8"), cleanup, AS_V8_HAS_IT),
  );
  for (const method of methods) {
    const all = contenders.map(() => [] as number[]);
    for (const { client } of contenders) await callAll(client, method, WARM_CALLS);
    for (let round = 0; round < rounds; round++)
      for (const [i, contender] of contenders.entries()) all[i].push(await microsecondsOf(contender, method));
    for (const [i, { what }] of contenders.entries()) {
      const ratio = median(all[0]) / median(all[i]);
      note({ work: `gRPC ${method}, CPU a call`, what, value: `${median(all[i]).toFixed(0)} us, ${ratio.toFixed(2)}` });
    }
    for (const crowd of crowds) await clockFigures(contenders, method, crowd, rounds, note);
  }
}

/** Calls a second by the clock: of each server in turn, many short slices, so that a slow second of the machine meets all of them. */
async function clockFigures(
  contenders: readonly Contender[],
  method: Method,
  [clients, atOnce]: (typeof crowds)[number],
  rounds: number,
  note: (figure: Figure) => void,
): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const all = contenders.map(({ address }) =>
    Array.from({ length: clients }, () => cleanup.use(new CallClient(address, method))),
  );
  const rates = contenders.map(() => [] as number[]);
  for (let slice = 0; slice < WARM_SLICES + 4 * rounds; slice++)
    for (const [i, crowd] of all.entries()) {
      const counts = await Promise.all(crowd.map((client) => client.call(SLICE_MS, atOnce)));
      if (slice >= WARM_SLICES) rates[i].push((counts.reduce((sum, count) => sum + count, 0) * 1000) / SLICE_MS);
    }
  for (const [i, { what }] of contenders.entries()) {
    const ratio = median(rates[i].map((rate, slice) => rate / rates[0][slice]));
    const work = `gRPC ${method}, ${clients} clients, ${atOnce} calls each`;
    note({ work, what, value: `${median(rates[i]).toFixed(0)} calls/s, ${ratio.toFixed(2)}` });
  }
}

/** A client in a process of its own. */
class CallClient implements Disposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(address: string, method: Method) {
    const program = join(import.meta.dirname, "alternatives/call-client.ts");
    const args = [program, address, NAME, method];
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout as Readable })[Symbol.asyncIterator]();
  }

  /** How many calls it has made. */
  async call(ms: number, atOnce: number): Promise<number> {
    this.#child.stdin?.write(`${ms} ${atOnce}\n`);
    return Number((await this.#lines.next()).value);
  }

  [Symbol.dispose](): void {
    this.#child.stdin?.end();
  }
}

async function ours(
  what: string,
  build: string,
  folder: string,
  cleanup: AsyncDisposableStack,
  nodeFlags: readonly string[] = [],
): Promise<Contender> {
  const flags = ["--authorization-enabled", "--root-password", "Milvus"];
  const server = cleanup.use(await BenchServer.start(folder, undefined, 1, { build, flags, nodeFlags }));
  const client = cleanup.use(clientOf(server.address));
  await createCollection(client);
  return { what, pid: server.pid, address: server.address, client };
}

async function createCollection(client: Contender["client"]): Promise<void> {
  const fields = [
    { name: "id", dataType: 5, isPrimaryKey: true },
    { name: "vector", dataType: 101, typeParams: [{ key: "dim", value: "8" }] },
  ];
  const bytes = schema.CollectionSchema.encode(
    schema.CollectionSchema.fromPartial({ name: NAME, fields } as never),
  ).finish();
  const request = { collectionName: NAME, schema: Buffer.from(bytes) };
  checkStatus(await client.createCollection(milvus.CreateCollectionRequest.fromPartial(request)));
}

async function bareServer(cleanup: AsyncDisposableStack): Promise<Contender> {
  const program = join(import.meta.dirname, "alternatives/bare-grpc.ts");
  const child: ChildProcess = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
  cleanup.defer(() => void child.kill());
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.stdout?.once("data", (text) => resolve(/ready (\S+)/.exec(String(text))?.[1] ?? ""));
  child.once("exit", (code) => reject(new Error(`the bare server ended with ${code}`)));
  const address = await promise;
  const client = cleanup.use(clientOf(address));
  return { what: "grpc-js, bare", pid: child.pid as number, address, client };
}

function clientOf(address: string) {
  return connectClient(milvus.MilvusServiceClient, address, { authorization: AUTHORIZATION });
}

async function microsecondsOf({ pid, client }: Contender, method: Method): Promise<number> {
  const before = cpuNanoseconds(pid);
  await callAll(client, method, CALLS);
  return (cpuNanoseconds(pid) - before) / CALLS / 1000;
}

async function callAll(client: Contender["client"], method: Method, count: number): Promise<void> {
  const request = milvus.HasPartitionRequest.fromPartial({ collectionName: NAME, partitionName: "_default" });
  let left = count;
  const one = async () => {
    while (left-- > 0) await client[method](request as never);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** Of all threads that live, user and system. */
export function cpuNanoseconds(pid: number): number {
  const spent = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0);
}
