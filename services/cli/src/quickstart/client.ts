import { setTimeout as sleep } from "node:timers/promises";
import { type Client, checkStatus, common, connectClient, milvus, schema } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { SAMPLE_DIM } from "./sample.ts";

const COLLECTION = "quickstart";
const POLL_MS = 50;

/** What the quickstart asks of the server: the public interface, as any client would use it. */
export class QuickstartClient implements Disposable {
  readonly #client: Client<milvus.MilvusServiceClient>;
  constructor(address: string) {
    this.#client = connectClient(milvus.MilvusServiceClient, address);
  }

  /** A fresh collection `quickstart`, indexed and loaded. */
  async createCollection(): Promise<void> {
    const name = { collectionName: COLLECTION };
    checkStatus(await this.#client.dropCollection(milvus.DropCollectionRequest.fromPartial(name)));
    const fields = [
      { name: "id", dataType: DataType.Int64, isPrimaryKey: true },
      { name: "title", dataType: DataType.VarChar, typeParams: [{ key: "max_length", value: "200" }] },
      { name: "year", dataType: DataType.Int32 },
      { name: "vector", dataType: DataType.FloatVector, typeParams: [{ key: "dim", value: String(SAMPLE_DIM) }] },
    ];
    const message = schema.CollectionSchema.encode(
      schema.CollectionSchema.fromPartial({ name: COLLECTION, fields }),
    ).finish();
    checkStatus(
      await this.#client.createCollection(
        milvus.CreateCollectionRequest.fromPartial({ ...name, schema: Buffer.from(message), shardsNum: 2 }),
      ),
    );
    const extraParams = [
      { key: "index_type", value: "AUTOINDEX" },
      { key: "metric_type", value: "L2" },
    ];
    checkStatus(
      await this.#client.createIndex(
        milvus.CreateIndexRequest.fromPartial({ ...name, fieldName: "vector", extraParams }),
      ),
    );
    checkStatus(await this.#client.loadCollection(milvus.LoadCollectionRequest.fromPartial(name)));
  }

  /** Imports files and waits until their rows are visible. @throws Error with the job's reason when it failed */
  async import(
    files: readonly string[],
    onProgress: (percent: number) => void,
  ): Promise<{ rows: number; segments: number }> {
    const started = await this.#client.import(
      milvus.ImportRequest.fromPartial({ collectionName: COLLECTION, files: [...files] }),
    );
    checkStatus(started.status);
    for (;;) {
      const state = await this.#client.getImportState({ task: started.tasks[0] });
      checkStatus(state.status);
      const info = (key: string) => state.infos.find((entry) => entry.key === key)?.value ?? "";
      onProgress(Number(info("progress_percent")));
      if (state.state === common.ImportState.ImportCompleted)
        return { rows: Number(state.rowCount), segments: state.segmentIds.length };
      if (state.state === common.ImportState.ImportFailed)
        throw new Error(`the import failed: ${info("failed_reason")}`);
      await sleep(POLL_MS);
    }
  }

  /** Rows that are visible and that the expression is true for; all for "". */
  async count(expr: string): Promise<number> {
    const [field] = await this.#query(expr, ["count(*)"], {});
    return Number(longsOf(field)[0]);
  }

  /** The first books that `expr` selects. */
  async books(expr: string, limit: number): Promise<{ id: bigint; title: string; year: number }[]> {
    const fields = await this.#query(expr, ["id", "title", "year"], { limit: String(limit) });
    const by = (name: string) => fields.find((field) => field.fieldName === name);
    const titles = stringsOf(by("title"));
    const years = intsOf(by("year"));
    return longsOf(by("id")).map((id, i) => ({ id, title: titles[i], year: years[i] }));
  }

  async #query(expr: string, outputFields: string[], params: Record<string, string>): Promise<schema.FieldData[]> {
    const queryParams = Object.entries(params).map(([key, value]) => ({ key, value }));
    const answer = await this.#client.query(
      milvus.QueryRequest.fromPartial({ collectionName: COLLECTION, expr, outputFields, queryParams }),
    );
    checkStatus(answer.status);
    return answer.fieldsData;
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }
}

function dataOf(field: schema.FieldData | undefined): schema.ScalarField["data"] {
  return field?.field?.$case === "scalars" ? field.field.value.data : undefined;
}

function longsOf(field: schema.FieldData | undefined): bigint[] {
  const data = dataOf(field);
  return data?.$case === "longData" ? data.value.data : [];
}

function intsOf(field: schema.FieldData | undefined): number[] {
  const data = dataOf(field);
  return data?.$case === "intData" ? data.value.data : [];
}

function stringsOf(field: schema.FieldData | undefined): string[] {
  const data = dataOf(field);
  return data?.$case === "stringData" ? data.value.data : [];
}
