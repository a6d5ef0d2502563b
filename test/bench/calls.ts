import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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

/** A server as this process sees it. */
interface Contender {
  readonly what: string;
  readonly pid: number;
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
  return { what, pid: server.pid, client };
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
  const client = cleanup.use(clientOf(await promise));
  return { what: "grpc-js, bare", pid: child.pid as number, client };
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
function cpuNanoseconds(pid: number): number {
  const spent = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0);
}
