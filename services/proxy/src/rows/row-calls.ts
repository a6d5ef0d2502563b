import { WeightedSlots } from "@sluice/async";
import { AutoIds, batchBytes, type Column, completeBatch, type InsertBatch } from "@sluice/columns";
import { EmbeddedFields } from "@sluice/embedding";
import { rowBatchMessage } from "@sluice/fields";
import { FunctionOutputs } from "@sluice/functions";
import { checkStatus, decodeStoredSchema, idSource, type milvus, type rootCoord } from "@sluice/rpc";
import { type CollectionSchema, primaryKeyIndex } from "@sluice/schema";
import { type ProxyContext, partitionIdsOf } from "../context.ts";
import { type RowPurpose, refused } from "./given-columns.ts";
import { type Keys, keysOf } from "./keys.ts";

/** What has become of rows that a client sent. */
export interface WrittenRows {
  readonly keys: Keys;
  readonly rowCount: number;
  /** From which on they count, hybrid. */
  readonly timestamp: bigint;
}

/** Of rows that are on their way to the datacoord: calls with more wait until others are written. */
const UNDER_WAY_BYTES = 48 << 20;
/** Longer than a takeover of the coordinators: the call is made again until it is answered. */
const WRITE_DEADLINE_MS = 60_000;
/** Every segment may have to be looked at. */
const DELETE_DEADLINE_MS = 300_000;

/** Of vectors that models make of the texts of one request. */
const MAX_EMBEDDED_BYTES = 64 << 20;
/** Clients wait for the answer, and may call again themselves. */
const PATIENCE = { totalMs: 20_000, firstMs: 250 };

/** Completes rows and hands them to the datacoord, which answers when they are durable and visible. */
export class RowCalls {
  readonly #context: ProxyContext;
  readonly #allocateIds: (count: number) => Promise<bigint>;
  readonly #room = new WeightedSlots(UNDER_WAY_BYTES);

  constructor(context: ProxyContext) {
    this.#context = context;
    this.#allocateIds = idSource(context.root);
  }

  /**
   * @param rowsOf the rows, by the schema that the collection has now
   * @throws {StatusError} 200, 1100; {ImportError} what `rowsOf` or the writer refuses
   */
  async write(
    purpose: RowPurpose,
    collection: rootCoord.ResolveCollectionResponse,
    partitionName: string,
    rowsOf: (schema: CollectionSchema) => InsertBatch | Promise<InsertBatch>,
  ): Promise<WrittenRows> {
    const partitionIds = targetPartitions(collection, partitionName);
    const pairs = collection.properties.map(({ key, value }) => [key, value] as const);
    const schema = decodeStoredSchema(collection.schema, pairs);
    const given = completeBatch(schema, await rowsOf(schema));
    const filled = await new FunctionOutputs(schema).fillInTurns(given);
    const embedded = await this.#embedded(schema, filled);
    const batch = await new AutoIds(schema, this.#allocateIds, 0).fill(embedded);
    const timestamp = await this.#write(purpose, collection, partitionIds, batch);
    const keys = keysOf(batch.columns[primaryKeyIndex(schema)] as Column, batch.rowCount);
    return { keys, rowCount: batch.rowCount, timestamp };
  }

  async #embedded(schema: CollectionSchema, rows: InsertBatch): Promise<InsertBatch> {
    const fields = new EmbeddedFields(schema, this.#context.models);
    const bytes = rows.rowCount * fields.rowBytes;
    if (bytes > MAX_EMBEDDED_BYTES)
      throw refused(
        `the vectors of ${rows.rowCount} texts have ${bytes} bytes, more than ${MAX_EMBEDDED_BYTES}: send fewer at once`,
      );
    return fields.fill(rows, { purpose: "rows", patience: PATIENCE, signal: new AbortController().signal });
  }

  async #write(
    purpose: RowPurpose,
    { collectionId, schema, vchannels }: rootCoord.ResolveCollectionResponse,
    partitionIds: bigint[],
    batch: InsertBatch,
  ): Promise<bigint> {
    using _room = await this.#room.take(batchBytes(batch));
    const callId = await this.#allocateIds(1);
    const rows = rowBatchMessage(batch);
    const request = { callId, collectionId, schema, vchannels, partitionIds, rows, replaces: purpose === "upsert" };
    const answer = await this.#context.data.writeRows(request, { deadlineMs: WRITE_DEADLINE_MS });
    checkStatus(answer.status);
    return answer.timestamp;
  }

  /**
   * Deletes the rows that an expression selects.
   * @throws {StatusError} 200, 1100
   */
  async delete(
    collection: rootCoord.ResolveCollectionResponse,
    { partitionName, expr, exprTemplateValues }: Pick<milvus.DeleteRequest, DeleteMembers>,
  ): Promise<{ readonly count: bigint; readonly timestamp: bigint }> {
    const { collectionId, schema } = collection;
    const partitionIds = partitionName === "" ? [] : targetPartitions(collection, partitionName);
    const timezone = collection.properties.find(({ key }) => key === "timezone")?.value ?? "UTC";
    const callId = await this.#allocateIds(1);
    const request = { callId, collectionId, schema, partitionIds, expr, exprTemplateValues, timezone };
    const answer = await this.#context.data.deleteRows(request, { deadlineMs: DELETE_DEADLINE_MS });
    checkStatus(answer.status);
    return answer;
  }
}

type DeleteMembers = "partitionName" | "expr" | "exprTemplateValues";

/** Where rows go: the named partition, or wherever their keys say. */
function targetPartitions(collection: rootCoord.ResolveCollectionResponse, name: string): bigint[] {
  if (!collection.hasPartitionKey) return partitionIdsOf(collection, [name || "_default"]);
  if (name !== "") throw refused("not support manually specifying the partition names if partition key mode is used");
  return collection.partitions.map(({ partitionId }) => partitionId);
}
