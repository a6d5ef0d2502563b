import { setTimeout as sleep } from "node:timers/promises";
import { type Client, checkStatus, common, connectClient, milvus, type Row, rowsOf, schema } from "@sluice/rpc";
import { isVector } from "@sluice/schema";
import { type CollectionSpec, type SchemaDict, schemaMessage, schemaMessageOfDict } from "./collections.ts";

const { ImportState } = common;
/** A test import that takes longer hangs. */
const IMPORT_LIMIT_MS = 60_000;

/** What an import job has become. */
export interface JobOutcome {
  readonly id: bigint;
  readonly state: common.ImportState;
  readonly isCompleted: boolean;
  readonly rowCount: number;
  /** Why it failed, "" otherwise. */
  readonly reason: string;
  readonly progress: number;
  /** [begin, end) pairs of automatic keys. */
  readonly idRanges: readonly bigint[];
  readonly segmentIds: readonly bigint[];
  readonly infos: Readonly<Record<string, string>>;
}

/** What an import says besides its files. */
export interface ImportCall {
  readonly partition?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
}

/** The public gRPC interface in the words of tests. Every method throws what the server refuses. */
export class TestClient implements Disposable {
  readonly raw: Client<milvus.MilvusServiceClient>;

  /** @param token `USER:PASSWORD` */
  constructor(address: string, token?: string) {
    const headers: Record<string, string> = token ? { authorization: Buffer.from(token).toString("base64") } : {};
    this.raw = connectClient(milvus.MilvusServiceClient, address, headers);
  }

  /** Creates a collection, indexes its vectors and loads it. */
  async createCollection(spec: CollectionSpec): Promise<void> {
    await this.create(schemaMessage(spec), spec);
  }

  /** @param dict a schema as fixtures have it */
  async createFixtureCollection(name: string, dict: SchemaDict): Promise<void> {
    await this.create(schemaMessageOfDict(name, dict), {});
  }

  /** Creates it, with an index on each vector, and loads it. */
  async create(message: schema.CollectionSchema, spec: Partial<CollectionSpec>): Promise<void> {
    const request = milvus.CreateCollectionRequest.fromPartial({
      collectionName: message.name,
      schema: Buffer.from(schema.CollectionSchema.encode(message).finish()),
      shardsNum: spec.shards ?? 1,
      numPartitions: BigInt(spec.partitions ?? 0),
      properties: pairs(spec.properties ?? {}),
    });
    checkStatus(await this.raw.createCollection(request));
    const members = message.structArrayFields.flatMap((struct) =>
      struct.fields.map((field) => ({ ...field, name: `${struct.name}[${field.name}]` })),
    );
    for (const field of [...message.fields, ...members])
      if (isVector(field.dataType as number as never)) await this.#index(message.name, field);
    checkStatus(
      await this.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName: message.name })),
    );
  }

  async #index(collectionName: string, { name, dataType }: schema.FieldSchema): Promise<void> {
    const metric = { 100: "HAMMING", 104: "IP", 106: "MAX_SIM" }[dataType as number] ?? "L2";
    const extraParams = pairs({ index_type: "AUTOINDEX", metric_type: metric });
    checkStatus(
      await this.raw.createIndex(
        milvus.CreateIndexRequest.fromPartial({ collectionName, fieldName: name, extraParams }),
      ),
    );
  }

  /** Nothing is wrong where there is none. */
  async dropCollection(collectionName: string): Promise<void> {
    checkStatus(await this.raw.dropCollection(milvus.DropCollectionRequest.fromPartial({ collectionName })));
  }

  /** Loads the collection anew, so that the partition is. */
  async createPartition(collectionName: string, partitionName: string): Promise<void> {
    checkStatus(
      await this.raw.createPartition(milvus.CreatePartitionRequest.fromPartial({ collectionName, partitionName })),
    );
    // A partition of a loaded collection is loaded with it the next time.
    checkStatus(await this.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName })));
  }

  /** Starts a job; answers its id. */
  async import(collectionName: string, files: readonly string[], call: ImportCall = {}): Promise<bigint> {
    const answer = await this.raw.import(
      milvus.ImportRequest.fromPartial({
        collectionName,
        partitionName: call.partition ?? "",
        files: [...files],
        options: pairs(call.options ?? {}),
        idempotencyKey: call.idempotencyKey ?? "",
      }),
    );
    checkStatus(answer.status);
    return answer.tasks[0];
  }

  /** Of a job, by `GetImportState`. */
  async state(task: bigint): Promise<JobOutcome> {
    const answer = await this.raw.getImportState({ task });
    checkStatus(answer.status);
    return outcomeOf(answer);
  }

  /** By `ListImportTasks`. @param limit 0 = all */
  async list(collectionName: string, limit = 0): Promise<JobOutcome[]> {
    const answer = await this.raw.listImportTasks({ collectionName, limit: BigInt(limit), dbName: "" });
    checkStatus(answer.status);
    return answer.tasks.map(outcomeOf);
  }

  /** Polls a job until it has ended. `onState` sees every state. @throws Error when it does not end */
  async waitFor(task: bigint, onState: (state: JobOutcome) => void = () => {}): Promise<JobOutcome> {
    const late = Date.now() + IMPORT_LIMIT_MS;
    for (;;) {
      const state = await this.state(task);
      onState(state);
      if (state.isCompleted || state.state === ImportState.ImportFailed) return state;
      if (Date.now() > late) throw new Error(`job ${task} did not end: ${JSON.stringify(state.infos)}`);
      await sleep(10);
    }
  }

  /** Imports and waits until rows are visible. @throws Error with the reason when the job fails */
  async importAndWait(collection: string, files: readonly string[], call: ImportCall = {}): Promise<JobOutcome> {
    const outcome = await this.waitFor(await this.import(collection, files, call));
    if (!outcome.isCompleted) throw new Error(`the import failed: ${outcome.reason}`);
    return outcome;
  }

  /** Imports what must fail. @throws Error when it completes */
  async importAndFail(collection: string, files: readonly string[], call: ImportCall = {}): Promise<JobOutcome> {
    const outcome = await this.waitFor(await this.import(collection, files, call));
    if (outcome.isCompleted)
      throw new Error(`the import of ${files.join(", ")} completed with ${outcome.rowCount} rows`);
    return outcome;
  }

  /** The visible segments of a collection. */
  async segments(collectionName: string): Promise<readonly milvus.PersistentSegmentInfo[]> {
    const request = milvus.GetPersistentSegmentInfoRequest.fromPartial({ collectionName });
    const answer = await this.raw.getPersistentSegmentInfo(request);
    checkStatus(answer.status);
    return answer.infos;
  }

  /** Inserts rows. @throws what the server refuses */
  async insert(
    collectionName: string,
    fieldsData: schema.FieldData[],
    numRows: number,
    partitionName = "",
  ): Promise<milvus.MutationResult> {
    const request = milvus.InsertRequest.fromPartial({ collectionName, partitionName, fieldsData, numRows });
    const answer = await this.raw.insert(request);
    checkStatus(answer.status);
    return answer;
  }

  /** Puts rows in the place of those with their keys. @throws what the server refuses */
  async upsert(
    collectionName: string,
    fieldsData: schema.FieldData[],
    numRows: number,
  ): Promise<milvus.MutationResult> {
    const answer = await this.raw.upsert(milvus.UpsertRequest.fromPartial({ collectionName, fieldsData, numRows }));
    checkStatus(answer.status);
    return answer;
  }

  /** Deletes the rows that an expression selects; how many the server says. @throws what it refuses */
  async delete(collectionName: string, expr: string, partitionName = ""): Promise<number> {
    const answer = await this.raw.delete(milvus.DeleteRequest.fromPartial({ collectionName, expr, partitionName }));
    checkStatus(answer.status);
    return Number(answer.deleteCnt);
  }

  /** Rows that are visible. @param expr "" = all */
  async count(collectionName: string, expr = "", partitionNames: string[] = []): Promise<number> {
    const [row] = await this.query(collectionName, expr, ["count(*)"], { partitionNames });
    return Number(row["count(*)"]);
  }

  /** Rows in order of their keys. */
  async query(
    collectionName: string,
    expr: string,
    outputFields: string[],
    { limit, partitionNames = [] }: { limit?: number; partitionNames?: string[] } = {},
  ): Promise<Row[]> {
    const queryParams = pairs(limit === undefined ? {} : { limit: String(limit) });
    const request = milvus.QueryRequest.fromPartial({
      collectionName,
      expr,
      outputFields,
      partitionNames,
      queryParams,
    });
    const answer = await this.raw.query(request);
    checkStatus(answer.status);
    return rowsOf(answer.fieldsData);
  }

  [Symbol.dispose](): void {
    this.raw[Symbol.dispose]();
  }
}

function outcomeOf(answer: milvus.GetImportStateResponse): JobOutcome {
  const infos = Object.fromEntries(answer.infos.map(({ key, value }) => [key, value]));
  return {
    id: answer.id,
    state: answer.state,
    isCompleted: answer.state === ImportState.ImportCompleted,
    rowCount: Number(answer.rowCount),
    reason: infos.failed_reason ?? "",
    progress: Number(infos.progress_percent),
    idRanges: answer.idList,
    segmentIds: answer.segmentIds,
    infos,
  };
}

function pairs(values: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}
