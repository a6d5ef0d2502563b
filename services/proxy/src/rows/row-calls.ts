import { WeightedSlots } from "@sluice/async";
import { AutoIds, type Column, completeBatch, type InsertBatch } from "@sluice/columns";
import { EmbeddedFields } from "@sluice/embedding";
import { ImportError } from "@sluice/errors";
import { rowBatchMessage } from "@sluice/fields";
import { FunctionOutputs } from "@sluice/functions";
import { checkStatus, type dataCoord, decodeStoredSchema, idSource, type milvus, type rootCoord } from "@sluice/rpc";
import { type CollectionSchema, functionsOf, primaryKeyIndex } from "@sluice/schema";
import { type ProxyContext, partitionIdsOf } from "../context.ts";
import { embeddedRows, type WaitingClient } from "./embedded-rows.ts";
import { refused } from "./given-columns.ts";
import { type Keys, keysOf } from "./keys.ts";
import { mergedRows, type RowUpdate } from "./merged-rows.ts";
import { columnsSize } from "./rows-size.ts";
import { storedRows } from "./stored-rows.ts";

/** What has become of rows that a client sent. */
export interface WrittenRows {
  readonly keys: Keys;
  readonly rowCount: number;
  /** From which on they count, hybrid. */
  readonly timestamp: bigint;
}

/** Rows that a client sent. */
export interface SentRows<T> {
  /** How many there are said to be: an update may find that it is not so. */
  readonly rowCount: number;
  readonly requestBytes: number;
  readonly client: WaitingClient;
  /** The rows, by the schema that the collection has now. */
  read(schema: CollectionSchema): T | Promise<T>;
}

/** Of rows that are read and on their way to the datacoord: calls with more wait until others are written. */
const UNDER_WAY_BYTES = 48 << 20;
/** Of an update whose rows others change at the same time. */
const UPDATE_TRIES = 20;
/** Longer than a takeover of the coordinators: the call is made again until it is answered. */
const WRITE_DEADLINE_MS = 60_000;
/** Every segment may have to be looked at. */
const DELETE_DEADLINE_MS = 300_000;

/** Completes rows and hands them to the datacoord, which answers when they are durable and visible. */
export class RowCalls {
  readonly #context: ProxyContext;
  readonly #embeddingWaitMs: number;
  readonly #allocateIds: (count: number) => Promise<bigint>;
  readonly #room = new WeightedSlots(UNDER_WAY_BYTES);
  /** Of rows that wait for a model, for which nobody else should wait. */
  readonly #modelRoom = new WeightedSlots(UNDER_WAY_BYTES);

  /** @param embeddingWaitMs for a model, of clients that set no deadline */
  constructor(context: ProxyContext, embeddingWaitMs: number) {
    this.#context = context;
    this.#embeddingWaitMs = embeddingWaitMs;
    this.#allocateIds = idSource(context.root);
  }

  /** @throws {StatusError} 200, 1100; {ImportError} what `sent` or the writer refuses */
  async write(
    purpose: "insert" | "upsert",
    collection: rootCoord.ResolveCollectionResponse,
    partitionName: string,
    sent: SentRows<InsertBatch>,
  ): Promise<WrittenRows> {
    const target = { collection, partitionIds: targetPartitions(collection, partitionName) };
    const schema = schemaOf(collection);
    using _room = await this.#roomFor(schema, sent);
    const given = await sent.read(schema);
    columnsSize(schema, given.rowCount, given.columns);
    const batch = await this.#filled(schema, completeBatch(schema, given), sent.client);
    const timestamp = (await this.#write(purpose, target, batch)) as bigint;
    const keys = keysOf(batch.columns[primaryKeyIndex(schema)] as Column, batch.rowCount);
    return { keys, rowCount: batch.rowCount, timestamp };
  }

  /**
   * Changes some fields of rows that are there, and adds those that are not. Rows that others change between the look and the write are
   * read again.
   * @throws as `write`; {StatusError} 1100 when two rows have one key
   */
  async update(
    collection: rootCoord.ResolveCollectionResponse,
    partitionName: string,
    sent: SentRows<RowUpdate>,
  ): Promise<WrittenRows> {
    const target = { collection, partitionIds: targetPartitions(collection, partitionName) };
    const schema = schemaOf(collection);
    using _room = await this.#roomFor(schema, sent);
    const update = await sent.read(schema);
    const { rowCount, columns } = update.given;
    const keys = keysOf(columns[primaryKeyIndex(schema)] as Column, rowCount);
    if (new Set<bigint | string>(keys).size < rowCount)
      throw refused("duplicate primary keys are not allowed in the same batch");
    for (let tries = 1; ; tries++) {
      const stored = await storedRows(this.#context, collection, { schema, partitionIds: target.partitionIds, keys });
      const rowOf = Int32Array.from(keys as readonly (bigint | string)[], (key) => stored.rowOf.get(key) ?? -1);
      if (rowOf.includes(-1)) columnsSize(schema, rowCount, columns);
      const batch = await this.#filled(schema, mergedRows(schema, update, stored, rowOf), sent.client);
      const read = { timestamp: stored.timestamp, existed: Array.from(rowOf, (row) => row >= 0) };
      const timestamp = await this.#write("upsert", target, batch, read);
      if (timestamp !== undefined) return { keys, rowCount, timestamp };
      if (tries >= UPDATE_TRIES)
        throw new ImportError(
          "internal",
          `the rows were changed by others ${tries} times while they were updated: try again`,
        );
    }
  }

  /** Asked for before the columns are made: many calls with few bytes could make many gigabytes of them. */
  #roomFor(schema: CollectionSchema, { rowCount, requestBytes }: SentRows<unknown>): Promise<Disposable> {
    const asksModel = functionsOf(schema).some(({ type }) => type === "textembedding");
    const room = asksModel ? this.#modelRoom : this.#room;
    return room.take(Math.max(columnsSize(schema, rowCount), requestBytes));
  }

  /** Outputs of functions, and automatic keys. */
  async #filled(schema: CollectionSchema, rows: InsertBatch, client: WaitingClient): Promise<InsertBatch> {
    const computed = await new FunctionOutputs(schema).fillInTurns(rows);
    const fields = new EmbeddedFields(schema, this.#context.models);
    const embedded = await embeddedRows(fields, computed, { client, waitMs: this.#embeddingWaitMs });
    return new AutoIds(schema, this.#allocateIds, 0).fill(embedded);
  }

  /** From which on the rows count; undefined when nothing is written, since what was read has changed. */
  async #write(
    purpose: "insert" | "upsert",
    { collection: { collectionId, schema, vchannels }, partitionIds }: WriteTarget,
    batch: InsertBatch,
    read: { readonly timestamp: bigint; readonly existed: boolean[] } = { timestamp: 0n, existed: [] },
  ): Promise<bigint | undefined> {
    const callId = await this.#allocateIds(1);
    const rows = rowBatchMessage(batch);
    const { timestamp: readTimestamp, existed } = read;
    const about = { callId, collectionId, schema, vchannels, partitionIds, readTimestamp, existed };
    const request = { ...about, rows, replaces: purpose === "upsert" };
    const answer = await this.#context.data.writeRows(request, { deadlineMs: WRITE_DEADLINE_MS });
    checkStatus(answer.status);
    return answer.moved ? undefined : answer.timestamp;
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
    return this.#delete({ collectionId, schema, partitionIds, expr, exprTemplateValues, timezone, truncates: false });
  }

  /** All rows that are there. Imports that are under way add theirs when they are completed. */
  async truncate({ collectionId, schema }: rootCoord.ResolveCollectionResponse): Promise<void> {
    const nothing = { partitionIds: [], expr: "", exprTemplateValues: {}, timezone: "UTC" };
    await this.#delete({ collectionId, schema, ...nothing, truncates: true });
  }

  async #delete(order: Omit<dataCoord.DeleteRowsRequest, "callId">): Promise<dataCoord.DeleteRowsResponse> {
    const callId = await this.#allocateIds(1);
    const answer = await this.#context.data.deleteRows({ callId, ...order }, { deadlineMs: DELETE_DEADLINE_MS });
    checkStatus(answer.status);
    return answer;
  }
}

interface WriteTarget {
  readonly collection: rootCoord.ResolveCollectionResponse;
  readonly partitionIds: bigint[];
}

function schemaOf({ schema, properties }: rootCoord.ResolveCollectionResponse): CollectionSchema {
  return decodeStoredSchema(
    schema,
    properties.map(({ key, value }) => [key, value] as const),
  );
}

type DeleteMembers = "partitionName" | "expr" | "exprTemplateValues";

/** Where rows go: the named partition, or wherever their keys say. */
function targetPartitions(collection: rootCoord.ResolveCollectionResponse, name: string): bigint[] {
  if (!collection.hasPartitionKey) return partitionIdsOf(collection, [name || "_default"]);
  if (name !== "") throw refused("not support manually specifying the partition names if partition key mode is used");
  return collection.partitions.map(({ partitionId }) => partitionId);
}
