import type { InsertBatch } from "@sluice/columns";
import { cells, fixed, longs } from "@sluice/columns/testing";
import { FunctionOutputs } from "@sluice/functions";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import {
  connectClient,
  dataCoord,
  decodeStoredSchema,
  type importing,
  okStatus,
  openGrpcServer,
  queryNode,
  schema,
  segmentMessage,
  served,
} from "@sluice/rpc";
import { DataType as ElementType } from "@sluice/schema";
import { type SealedSegment, SegmentWriterSet, writeDeltaLog } from "@sluice/segment";
import { silentTelemetry } from "@sluice/telemetry";
import { encodeArrayCell, encodeVectorArrayCell } from "@sluice/values";
import type { LivingNode } from "../src/nodes/shares.ts";
import { startQueryNode } from "../src/start.ts";

// Querynodes over segments in memory: one alone, and several that share them, with a datacoord that knows but these segments.

export const DIM = 4;
const GENRES = ["novel", "poem", "essay", null];
const WORDS = ["river", "stone", "cloud", "light", "winter", "garden"];
const { DataType, FunctionType } = schema;

const field = (fieldID: number, name: string, dataType: schema.FieldSchema["dataType"], more = {}) =>
  schema.FieldSchema.fromPartial({ fieldID: BigInt(fieldID), name, dataType, ...more });
const params = (values: Record<string, string>) => ({
  typeParams: Object.entries(values).map(([key, value]) => ({ key, value })),
});

const message = schema.CollectionSchema.fromPartial({
  name: "books",
  fields: [
    field(100, "id", DataType.Int64, { isPrimaryKey: true }),
    field(101, "year", DataType.Int64),
    field(102, "genre", DataType.VarChar, { nullable: true, ...params({ max_length: "20" }) }),
    field(103, "text", DataType.VarChar, params({ max_length: "99", enable_analyzer: "true" })),
    field(104, "vector", DataType.FloatVector, params({ dim: String(DIM) })),
    field(105, "terms", DataType.SparseFloatVector, { isFunctionOutput: true }),
  ],
  structArrayFields: [
    {
      ...{ fieldID: 106n, name: "lines", nullable: true },
      fields: [
        field(107, "lines[v]", DataType.ArrayOfVector, {
          elementType: DataType.FloatVector,
          ...params({ dim: String(DIM), max_capacity: "4" }),
        }),
        field(108, "lines[n]", DataType.Array, {
          elementType: DataType.Int64,
          ...params({ max_capacity: "4" }),
        }),
      ],
    },
  ],
  functions: [
    {
      ...{ id: 1n, name: "bm25", type: FunctionType.BM25 },
      ...{ inputFieldNames: ["text"], inputFieldIds: [103n], outputFieldNames: ["terms"], outputFieldIds: [105n] },
    },
  ],
});

/** As records have it. */
export const storedSchema = Buffer.from(schema.CollectionSchema.encode(message).finish());
const collection = decodeStoredSchema(storedSchema, []);

/** Whole numbers below a limit, by seed. */
export function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Rows whose keys and vectors repeat, so that there are ties, and keys in several segments. */
function randomRows(next: (limit: number) => number, rowCount: number): InsertBatch {
  const each = <T>(make: () => T) => Array.from({ length: rowCount }, make);
  const vectors = Float32Array.from({ length: rowCount * DIM }, () => next(4) - 1);
  // Of some rows the array is null, of some it is empty.
  const lines = each(() => (next(9) === 0 ? null : Array.from({ length: next(5) }, () => BigInt(next(9)))));
  const floats = (count: number) => Float32Array.from({ length: count * DIM }, () => next(4) - 1);
  const vectorCell = (count: number) =>
    encodeVectorArrayCell(ElementType.FloatVector, DIM, new Uint8Array(floats(count).buffer));
  const text = () => Array.from({ length: 1 + next(5) }, () => WORDS[next(WORDS.length)]).join(" ");
  const batch: InsertBatch = {
    rowCount,
    columns: [
      longs(...each(() => BigInt(next(400)))),
      longs(...each(() => BigInt(1990 + next(30)))),
      cells(...each(() => GENRES[next(GENRES.length)])),
      cells(...each(text)),
      fixed(vectors, 4 * DIM),
      undefined,
      cells(...lines.map((line) => line && vectorCell(line.length))),
      cells(...lines.map((line) => line && encodeArrayCell(ElementType.Int64, line))),
    ],
    sourceBytes: 0,
  };
  return new FunctionOutputs(collection).fill(batch);
}

/** Writes segments, some with several parts and some with deletes, and says of each since when it counts. */
async function writeSegments(store: MemoryObjectStore, next: (limit: number) => number, count: number) {
  const messages: importing.SegmentInfo[] = [];
  let id = 1000n;
  const take = (ids: number) => (id += BigInt(ids)) - BigInt(ids);
  const ids = {
    segments: async (buckets: readonly unknown[]) => buckets.map(() => take(1)),
    logIds: async (ids: number) => take(ids),
  };
  const shared = { schema: collection, collectionId: 7n, store, ids, buckets: [{ partitionId: 1n, vchannel: "v0" }] };
  const { signal } = new AbortController();
  for (let i = 0; i < count; i++) {
    const timestamp = 100n + BigInt(i);
    const writer = SegmentWriterSet.open({
      ...{ ...shared, nowMs: 1_700_000_000_000, signal, flushBytes: 2048, newRows: { timestamp, rowIdBase: 1n } },
    });
    for (let pieces = 1 + next(3); pieces > 0; pieces--) {
      const rows = randomRows(next, 1 + next(40));
      await writer.append(rows, new Uint16Array(rows.rowCount));
    }
    const [segment] = await writer.seal();
    messages.push(segmentMessage(next(2) === 0 ? await withDeletes(store, segment, take(2)) : segment, timestamp));
  }
  return messages;
}

/** In two logs, of which the second says some of the first again. */
async function withDeletes(store: MemoryObjectStore, segment: SealedSegment, logId: bigint) {
  const keys = Array.from({ length: 60 }, (_, i) => BigInt(3 * i));
  const parts = [keys.slice(0, 40), keys.slice(30)];
  const deletesOf = (part: bigint[]) => ({ keys: part, timestamps: part.map(() => 10_000n) });
  const logIds = parts.map((_, i) => logId + BigInt(i));
  const sizesBytes: number[] = [];
  for (const [i, part] of parts.entries())
    sizesBytes.push(await writeDeltaLog(store, segment, logIds[i], deletesOf(part), 1_700_000_000_000));
  const logs = { fieldId: 100, logIds, rowCounts: parts.map(({ length }) => length), sizesBytes };
  // How many of its rows they meet is of interest to counts without a filter alone.
  return { ...segment, deltaLogs: [logs], deletedRows: 0 };
}

/** Tells how many reads were under way at once. */
export class WatchedReads extends MemoryObjectStore {
  mostAtOnce = 0;
  #atOnce = 0;

  override async readInto(...read: Parameters<MemoryObjectStore["readInto"]>): Promise<number> {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    // Whoever wants to read as well gets there.
    await new Promise((resolve) => setImmediate(resolve));
    this.#atOnce--;
    return super.readInto(...read);
  }
}

export type QueryClient = ReturnType<typeof connectClient<queryNode.QueryNodeClient>>;

export interface QueryWorld extends AsyncDisposable {
  readonly segments: readonly importing.SegmentInfo[];
  readonly store: WatchedReads;
  /** A node that reads everything itself. */
  readonly alone: QueryClient;
  /** Nodes that share the segments. */
  readonly together: readonly QueryClient[];
  /** Adds a node that is listed and answers nobody. */
  addDead(): void;
}

export async function openQueryWorld(seed: number, segmentCount: number, nodeCount = 3): Promise<QueryWorld> {
  await using cleanup = new AsyncDisposableStack();
  const store = new WatchedReads();
  const segments = await writeSegments(store, numbers(seed), segmentCount);
  const server = cleanup.use(
    openGrpcServer({
      services: [
        served<dataCoord.DataCoordServer>(dataCoord.DataCoordService, {
          getVisibleSegments: () => ({ status: okStatus(), segments: [...segments], timestamp: 5000n }),
        }),
      ],
    }),
  );
  const dataCoordAddress = await server.listen("127.0.0.1", 0);
  const living: LivingNode[] = [];
  const { signal: gone } = new AbortController();
  const start = async (self: string, known: () => readonly LivingNode[]) => {
    const settings = { host: "127.0.0.1", port: 0, cacheBytes: 1 << 20 };
    const nodes = { self, living: known };
    const node = cleanup.use(
      await startQueryNode(settings, { objects: store, dataCoordAddress, nodes, ...silentTelemetry() }),
    );
    const client = cleanup.use(connectClient(queryNode.QueryNodeClient, node.address));
    return { client, listed: { node: self, address: node.address, gone } };
  };
  const alone = await start("alone", () => []);
  const together: QueryClient[] = [];
  for (let i = 0; i < nodeCount; i++) {
    const { client, listed } = await start(`node-${i}`, () => living);
    living.push(listed);
    together.push(client);
  }
  const all = cleanup.move();
  return {
    ...{ segments, store, alone: alone.client, together },
    addDead: () => void living.push({ node: `dead-${living.length}`, address: "127.0.0.1:1", gone }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
