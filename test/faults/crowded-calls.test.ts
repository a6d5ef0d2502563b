import { credentials, Client as GrpcClient, status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { memoryOf, startServer, TemporaryFolders, TestClient, type TestServer, watched } from "../support/index.ts";

// Each call alone stays below what a message may have. Many at once are counted together: what they take is bounded, those that
// have no room are refused in words, and whoever asks for little is served meanwhile.

const CALLS = 12;
const CALL_BYTES = 60_000_000;
const MAX_SILENCE_MS = 1000;
const MAX_GROWTH_BYTES = 300e6;
/** Source: CompressionAlgorithms of grpc-js. */
const GZIP = 2;

const folders = new TemporaryFolders();
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ dataDir: await folders.create(), importRoots: [], settings: { workers: 1 } });
  // An idle server is one that has answered before: until then the code of calls is not there.
  expect(await ends({ path: insert.path, bytes: () => field(9, 1000) }, CALLS)).toEqual(Array(CALLS).fill("answered"));
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await folders[Symbol.asyncDispose]();
});

const { query, insert } = milvus.MilvusServiceService;
/** One field of so many bytes, whatever is in it: number and wire type, length, bytes. */
function field(number: number, bytes: number): Uint8Array {
  const length: number[] = [];
  for (let left = bytes; ; left >>>= 7) {
    length.push(left < 128 ? left : (left & 127) | 128);
    if (left < 128) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), Buffer.alloc(bytes, " ")]);
}
/** `query_params` of QueryRequest, empty ones without end: two bytes each, and an object of forty. */
const emptyPairs = () => Buffer.alloc(CALL_BYTES, Buffer.from([(9 << 3) | 2, 0]));

interface Kind {
  readonly path: string;
  readonly bytes: () => Uint8Array;
  readonly compression?: number;
}

/** How each call ended: `answered`, or why not. */
async function ends({ path, bytes, compression }: Kind, calls: number): Promise<string[]> {
  const message = Buffer.from(bytes());
  const one = async () => {
    using client = open(compression);
    return await new Promise<string>((resolve) => {
      client.raw.makeUnaryRequest(
        path,
        () => message,
        (answer) => answer,
        {},
        { deadline: Date.now() + 60_000 },
        (error: ServiceError | null) => resolve(error ? `${grpcStatus[error.code]}: ${error.details}` : "answered"),
      );
    });
  };
  return await Promise.all(Array.from({ length: calls }, one));
}

function open(compression = 0): Disposable & { readonly raw: GrpcClient } {
  const raw = new GrpcClient(server.address, credentials.createInsecure(), {
    "grpc.max_send_message_length": -1,
    "grpc.default_compression_algorithm": compression,
    "grpc.use_local_subchannel_pool": 1,
  });
  return { raw, [Symbol.dispose]: () => raw.close() };
}

it.each<[string, Kind]>([
  ["that no method takes", { path: insert.path, bytes: () => field(9, CALL_BYTES) }],
  ["of one text", { path: query.path, bytes: () => field(4, CALL_BYTES) }],
  ["of thirty million small messages", { path: query.path, bytes: emptyPairs }],
  [
    "that are small until they are inflated",
    { path: query.path, bytes: () => field(4, CALL_BYTES), compression: GZIP },
  ],
])(
  "a crowd of requests %s takes what is there and no more",
  async (_, kind) => {
    const idleBytes = await memoryOf(server.pid, "VmRSS");
    const { result, silenceMs, peakBytes } = await watched(server.address, server.pid, () => ends(kind, CALLS));
    for (const end of result)
      expect(end).toMatch(
        /^answered$|^RESOURCE_EXHAUSTED: the requests that this server is reading or answering take all of/,
      );
    expect((peakBytes - idleBytes) / 1e6).toBeLessThan(MAX_GROWTH_BYTES / 1e6);
    expect(silenceMs).toBeLessThan(MAX_SILENCE_MS);
    // All of it is free again.
    expect(await ends({ path: insert.path, bytes: () => field(9, CALL_BYTES) }, 1)).toEqual(["answered"]);
  },
  60_000,
);

it("a crowd of REST requests of small lists takes what is there and no more", async () => {
  const body = Buffer.alloc(7 << 20, "[],")
    .fill("[", 0, 1)
    .fill("0]", (7 << 20) - 2);
  const url = `http://${server.address}/v2/vectordb/jobs/import/create`;
  const post = () =>
    fetch(url, { method: "POST", body }).then((answer) => answer.json()) as Promise<{ message: string }>;
  const idleBytes = await memoryOf(server.pid, "VmRSS");
  const posts = () => Promise.all(Array.from({ length: CALLS }, post));
  const { result, silenceMs, peakBytes } = await watched(server.address, server.pid, posts);
  for (const { message } of result) expect(message).toMatch(/send it again later|expected|required/i);
  expect((peakBytes - idleBytes) / 1e6).toBeLessThan(MAX_GROWTH_BYTES / 1e6);
  expect(silenceMs).toBeLessThan(MAX_SILENCE_MS);
});

it("serves who asks for little while others hold everything", async () => {
  const held = ends({ path: insert.path, bytes: () => field(9, CALL_BYTES) }, CALLS);
  using client = new TestClient(server.address);
  expect((await client.raw.getVersion({})).status?.code).toBe(0);
  await held;
});
