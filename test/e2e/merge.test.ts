import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { checkStatus, milvus, type Row } from "@sluice/rpc";
import { parquetWriteBuffer } from "hyparquet-writer";
import { bookCollection, books, type CollectionSpec, useServer } from "../support/index.ts";

const fixture = useServer({ flushSize: "64KB" });

// biome-ignore lint/suspicious/noExplicitAny: the shape is what tests check
type Answer = { readonly code: number; readonly message?: string; readonly data: any };

async function call(method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${fixture.url}${path}`, {
    method,
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return (await response.json()) as Answer;
}

/** The job when it has ended. */
async function merged(body: object): Promise<Answer["data"]> {
  const { code, message, data } = await call("POST", "/v2/etl/merge", body);
  if (code !== 0) throw new Error(`${code} ${message}`);
  for (;;) {
    const answer = await call("GET", `/v2/jobs/${data.jobId}`);
    if (!["PENDING", "IN_PROGRESS"].includes(answer.data.status)) return answer.data;
    await sleep(20);
  }
}

let last = 0;
const newName = () => `made_${++last}`;

async function collectionWith(rows: readonly object[], spec: Partial<CollectionSpec> = {}): Promise<string> {
  const name = `source_${++last}`;
  await fixture.client.createCollection(bookCollection(name, spec));
  if (rows.length > 0) await fixture.client.importAndWait(name, await fixture.files.jsonl(`${name}.jsonl`, rows));
  return name;
}

/** A Parquet file with prices and tags of books `[from, to)`, and a column that nobody asks for. */
function prices(name: string, from: number, to: number): Promise<string> {
  const ids = Array.from({ length: to - from }, (_, i) => from + i);
  const columnData = [
    { name: "id", type: "INT64" as const, data: ids.map(BigInt) },
    { name: "price", type: "DOUBLE" as const, data: ids.map((id) => id + 0.5) },
    { name: "tag", type: "STRING" as const, data: ids.map((id) => `é${id}`) },
    { name: "other", type: "INT32" as const, data: ids },
  ];
  return fixture.files.write(name, new Uint8Array(parquetWriteBuffer({ columnData })));
}

const priceFields = [
  { fieldName: "price", dataType: "DOUBLE" },
  { name: "tag", dataType: "VARCHAR", params: { maxLength: 20 } },
];

/** All rows of a collection that is loaded for it. */
async function rowsOf(collectionName: string, fields = ["*"]): Promise<Row[]> {
  checkStatus(await fixture.client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName })));
  return fixture.client.query(collectionName, "id >= 0", fields);
}

describe("a merge", () => {
  it("keeps every row as it was, and gives those with a match their values", async () => {
    const source = await collectionWith(books(3000), { shards: 2 });
    const files = [[await prices("prices.parquet", 500, 4000)]];
    const dest = newName();
    const job = await merged({
      ...{ dbName: "default", collectionName: source, destDbName: "default", destCollectionName: dest },
      ...{ files, mergeField: "id", newFields: priceFields },
    });
    expect(job).toMatchObject({ type: "MERGE", status: "SUCCESSFUL", progress: "100", reason: "" });
    expect(job.details).toMatchObject({
      ...{ sourceRows: 3000, fileRows: 3500, matchedSourceRows: 2500, unmatchedSourceRows: 500, destRows: 3000 },
      ...{ unmatchedFileRows: 1000, duplicateFileKeys: 0, nullFileKeys: 0, ignoredColumns: ["other"] },
      ...{ collectionName: source, destCollectionName: dest, dryRun: false },
    });
    const before = await rowsOf(source);
    const expected = before.map((row) => {
      const id = Number(row.id);
      return { ...row, price: id >= 500 ? id + 0.5 : null, tag: id >= 500 ? `é${id}` : null };
    });
    expect(await rowsOf(dest)).toEqual(expected);
    expect(await rowsOf(source)).toEqual(before);
  });
});
