import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, milvus, type Row, rowsOf as valuesOfRows } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { parquetWriteBuffer } from "hyparquet-writer";
import { bookCollection, bookFields, books, type CollectionSpec, eventually, useServer } from "../support/index.ts";

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
  return ended(data.jobId);
}

async function ended(jobId: string): Promise<Answer["data"]> {
  for (;;) {
    const answer = await call("GET", `/v2/jobs/${jobId}`);
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

describe("what a merge copies", () => {
  it("is the schema, keys, partitions, shards, properties and indexes, and no alias", async () => {
    const source = await collectionWith([], { shards: 2, properties: { "collection.ttl.seconds": "100000" } });
    const { client, files } = fixture;
    await client.createPartition(source, "new");
    await client.importAndWait(source, await files.jsonl("old.jsonl", books(10)));
    await client.importAndWait(source, await files.jsonl("new.jsonl", books(5, 100n)), { partition: "new" });
    const alias = { collectionName: source, alias: `${source}_alias` };
    checkStatus(await client.raw.createAlias(milvus.CreateAliasRequest.fromPartial(alias)));
    const dest = newName();
    const job = await merged({ collectionName: `${source}_alias`, destCollectionName: dest, newFields: priceFields });
    // Without files every row has what the field has for none.
    expect(job.details).toMatchObject({ sourceRows: 15, fileRows: 0, matchedSourceRows: 0, destRows: 15 });
    const describe = (collectionName: string) =>
      client.raw.describeCollection(milvus.DescribeCollectionRequest.fromPartial({ collectionName }));
    const [from, to] = [await describe(source), await describe(dest)];
    expect(to.schema?.fields.slice(0, 4)).toEqual(from.schema?.fields);
    expect(to.schema?.fields.slice(4)).toMatchObject([
      { name: "price", nullable: true },
      { name: "tag", nullable: true, typeParams: [{ key: "max_length", value: "20" }] },
    ]);
    expect(to).toMatchObject({ shardsNum: 2, properties: from.properties, aliases: [] });
    const indexes = await client.raw.describeIndex(milvus.DescribeIndexRequest.fromPartial({ collectionName: dest }));
    expect(indexes.indexDescriptions.map(({ fieldName }) => fieldName)).toEqual(["vector"]);
    expect((await rowsOf(dest)).every(({ price, tag }) => price === null && tag === null)).toBe(true);
    expect(await client.count(dest, "", ["new"])).toBe(5);
    // More can come, with the new fields, and keys that are there go where they are.
    const more = books(3, 200n).map((book) => ({ ...book, price: 1, tag: "x" }));
    await client.importAndWait(dest, await files.jsonl("more.jsonl", more), { partition: "new" });
    expect(await client.count(dest, 'tag == "x"', ["new"])).toBe(3);
  });

  it("is a dynamic field too, after which new ones come, and vectors may be among them", async () => {
    const rows = books(20).map((book) => ({ ...book, extra: Number(book.id), tag: "dynamic" }));
    const source = await collectionWith(rows, { dynamic: true });
    const vectors = books(10).map(({ id }) => ({ id, second: [Number(id), 0.5, 1], tag: `t${id}` }));
    const paths = await fixture.files.jsonl("vectors.jsonl", vectors);
    const dest = newName();
    const job = await merged({
      ...{ collectionName: source, destCollectionName: dest, files: [paths], mergeField: "id" },
      newFields: [
        { fieldName: "second", dataType: "FloatVector", params: { dim: 3 } },
        { fieldName: "tag", dataType: "VarChar", params: { maxLength: 9, defaultValue: "none" } },
      ],
      options: { mode: "newCollection" },
    });
    expect(job).toMatchObject({ status: "SUCCESSFUL", details: { matchedSourceRows: 10, destRows: 20 } });
    expect(job.warnings.join()).toMatch(/dynamic keys named 'second', 'tag' stay in \$meta/);
    const index = {
      collectionName: dest,
      fieldName: "second",
      extraParams: [
        { key: "metric_type", value: "L2" },
        { key: "index_type", value: "FLAT" },
      ],
    };
    checkStatus(await fixture.client.raw.createIndex(milvus.CreateIndexRequest.fromPartial(index)));
    const found = await rowsOf(dest, ["id", "extra", "second", "tag"]);
    expect(found[3]).toEqual({ id: 3n, extra: 3, second: [3, 0.5, 1], tag: "t3" });
    expect(found[15]).toEqual({ id: 15n, extra: 15, second: null, tag: "none" });
    // With all fields the keys of $meta come too, and the field hides the one that has its name.
    const asked = { collectionName: dest, filter: "id in [3, 15]", outputFields: ["*"] };
    const { data } = await call("POST", "/v2/vectordb/entities/query", asked);
    expect(data).toMatchObject([
      { id: "3", extra: 3, tag: "t3" },
      { id: "15", extra: 15, tag: "none" },
    ]);
  });
});

it("automatic keys and places by a partition key stay, rows of several files are one, and the database may be another", async () => {
  const { client, files } = fixture;
  const source = `source_${++last}`;
  const { id, title, year, vector } = bookFields;
  const fields = [{ ...id, auto: true }, title, { ...year, nullable: true }, vector];
  const key = { name: "genre", type: DataType.VarChar, maxLength: 9, partitionKey: true };
  await client.createCollection({ name: source, fields: [...fields, key], partitions: 4 });
  const rows = books(40).map(({ id: n, ...book }) => ({
    ...book,
    year: n % 4n ? Number(n) : null,
    genre: `g${n % 7n}`,
  }));
  await client.importAndWait(source, await files.jsonl("auto.jsonl", rows));
  checkStatus(await client.raw.createDatabase(milvus.CreateDatabaseRequest.fromPartial({ dbName: "archive" })));
  const byYear = (from: number) => Array.from({ length: 10 }, (_, i) => ({ year: from + i, note: `n${from + i}` }));
  const folder = await Promise.all([
    files.jsonl("notes/a.jsonl", byYear(0)),
    files.jsonl("notes/b.jsonl", [...byYear(10), { year: null, note: "none" }]),
  ]);
  const job = await merged({
    ...{ collectionName: source, destDbName: "archive", destCollectionName: "kept", mergeField: "year" },
    ...{
      files: [[`${dirname(folder[0][0])}/`]],
      newFields: [{ fieldName: "note", dataType: "VARCHAR", params: { maxLength: 5 } }],
    },
  });
  expect(job).toMatchObject({
    status: "SUCCESSFUL",
    details: { fileRows: 21, nullFileKeys: 1, matchedSourceRows: 15, unmatchedFileRows: 5, destDbName: "archive" },
  });
  const load = milvus.LoadCollectionRequest.fromPartial({ dbName: "archive", collectionName: "kept" });
  checkStatus(await client.raw.loadCollection(load));
  const of = async (dbName: string, collectionName: string, outputFields: string[]) => {
    const request = milvus.QueryRequest.fromPartial({ dbName, collectionName, expr: "id > 0", outputFields });
    const answer = await client.raw.query(request);
    checkStatus(answer.status);
    return valuesOfRows(answer.fieldsData);
  };
  const shown = ["id", "title", "year", "genre"];
  const kept = await of("archive", "kept", [...shown, "note"]);
  const before = await of("default", source, shown);
  const isMatched = (n: unknown) => n !== null && Number(n) < 20;
  expect(kept).toEqual(before.map((row) => ({ ...row, note: isMatched(row.year) ? `n${row.year}` : null })));
});

it("rows of text may have a new field only where nobody looked, and a file of columns without one fails the job", async () => {
  const source = await collectionWith(books(5));
  const rows = Array.from({ length: 3000 }, (_, id) => (id < 2999 ? { id } : { id: 3, price: 1.5 })).filter(
    ({ id }, i) => id !== 3 || i > 3,
  );
  const files = [await fixture.files.jsonl("sparse.jsonl", rows)];
  const newFields = [{ fieldName: "price", dataType: "DOUBLE" }];
  const body = { collectionName: source, destCollectionName: newName(), files, mergeField: "id", newFields };
  expect(await merged(body)).toMatchObject({ status: "SUCCESSFUL", details: { matchedSourceRows: 5 } });
  expect((await rowsOf(body.destCollectionName)).map(({ price }) => price)).toEqual([null, null, null, 1.5, null]);
  const csv = [await fixture.files.csv("columns.csv", [{ id: 1, cost: 2 }])];
  const failed = await merged({ ...body, files: csv, destCollectionName: newName() });
  expect(failed).toMatchObject({
    status: "FAILED",
    reason: expect.stringMatching(/no column 'price', which is a new field/),
  });
});

it("files that disagree fail the job, with the file and the field", async () => {
  const source = await collectionWith(books(3));
  const good = await fixture.files.jsonl("one.jsonl", [{ id: 1, price: 1 }]);
  const bad = await fixture.files.jsonl("two.jsonl", [{ id: 2, price: "much" }]);
  const newFields = [{ fieldName: "price", dataType: "DOUBLE" }];
  const job = await merged({
    collectionName: source,
    destCollectionName: newName(),
    files: [good, bad],
    mergeField: "id",
    newFields,
  });
  expect(job).toMatchObject({
    status: "FAILED",
    reason: expect.stringMatching(/two\.jsonl.*row 0.*price|price.*two\.jsonl/),
  });
});

describe("a collection that a merge makes", () => {
  const list = async () =>
    (await fixture.client.raw.showCollections(milvus.ShowCollectionsRequest.fromPartial({}))).collectionNames;

  it("is found by nobody before it is whole, while its name is taken; and is gone when the job is cancelled", async () => {
    const source = await collectionWith(books(10));
    const dest = newName();
    const path = await prices("cancelled.parquet", 0, 10);
    const body = {
      collectionName: source,
      destCollectionName: dest,
      files: [[path]],
      mergeField: "id",
      newFields: priceFields,
    };
    const { data } = await call("POST", "/v2/etl/merge", body);
    // Whatever the job is doing: its name is another's or its own.
    expect((await call("POST", "/v2/etl/merge", body)).code).toBe(63261);
    await call("POST", `/v2/jobs/${data.jobId}/cancel`);
    const { status } = await ended(data.jobId);
    if (status === "SUCCESSFUL") return;
    expect(status).toBe("CANCELED");
    await eventually(async () => {
      await fixture.client.createCollection(bookCollection(dest));
    });
  });

  it("is gone with all that was written when the job fails, and its name is free again", async () => {
    const source = await collectionWith(books(300));
    const dest = newName();
    const rows = [1, 2, 1].map((id) => ({ id, price: id, tag: null }));
    const files = [await fixture.files.jsonl("twice.jsonl", rows)];
    const body = { collectionName: source, destCollectionName: dest, files, mergeField: "id", newFields: priceFields };
    const job = await merged(body);
    expect(job).toMatchObject({ status: "FAILED" });
    expect(job.reason).toMatch(/several rows of the files have one key: 1; say onDuplicateKey/);
    expect(await list()).not.toContain(dest);
    await eventually(async () =>
      expect((await merged({ ...body, options: { onDuplicateKey: "last" } })).status).toBe("SUCCESSFUL"),
    );
    expect(await list()).toContain(dest);
    expect((await rowsOf(dest))[1]).toMatchObject({ price: 1 });
  });

  it("is not made by a dry run, whose report is that of a merge", async () => {
    const source = await collectionWith(books(10));
    const dest = newName();
    const files = [[await prices("dry.parquet", 5, 15)]];
    const body = { collectionName: source, destCollectionName: dest, files, mergeField: "id", newFields: priceFields };
    const job = await merged({ ...body, options: { dryRun: true } });
    expect(job).toMatchObject({
      status: "SUCCESSFUL",
      details: {
        dryRun: true,
        destCollectionName: dest,
        sourceRows: 10,
        matchedSourceRows: 5,
        unmatchedFileRows: 5,
        destRows: 0,
      },
    });
    expect(await list()).not.toContain(dest);
    expect(await fixture.client.count(source)).toBe(10);
  });
});

describe("an alias that a merge is to point to what it makes", () => {
  const ownerOf = async (alias: string) =>
    (await fixture.client.raw.describeAlias(milvus.DescribeAliasRequest.fromPartial({ alias }))).collection;
  const sourceWith = async (alias: string) => {
    const source = await collectionWith(books(200));
    checkStatus(
      await fixture.client.raw.createAlias(milvus.CreateAliasRequest.fromPartial({ collectionName: source, alias })),
    );
    return source;
  };
  const bodyOf = async (alias: string, more: object = {}) => ({
    ...{ collectionName: alias, destCollectionName: newName(), mergeField: "id", newFields: priceFields },
    ...{ files: [[await prices(`${alias}.parquet`, 0, 150)]], options: { swapAlias: alias }, ...more },
  });

  it("does so when that becomes visible: who asks by it finds all rows at any time, in the old one or the new one", async () => {
    const [alias, source] = ["current", await sourceWith("current")];
    expect(await rowsOf(alias)).toHaveLength(200);
    const body = await bodyOf(alias);
    let isOver = false;
    const asking = (async () => {
      const counts = new Set<number>();
      while (!isOver) counts.add((await fixture.client.query(alias, "id >= 0", ["id"])).length);
      return counts;
    })();
    const job = await merged(body).finally(() => (isOver = true));
    expect(job).toMatchObject({ status: "SUCCESSFUL", details: { alias, destRows: 200 } });
    expect(await asking).toEqual(new Set([200]));
    expect(await ownerOf(alias)).toBe(body.destCollectionName);
    const [first] = await fixture.client.query(alias, "id == 7", ["price"]);
    expect(first).toMatchObject({ price: 7.5 });
    // It is free of the alias: an alias keeps its collection from being dropped.
    await fixture.client.dropCollection(source);
  });

  it("leaves it where it is when nothing comes of the merge", async () => {
    const source = await sourceWith("kept");
    const dry = await merged(await bodyOf("kept", { options: { swapAlias: "kept", dryRun: true } }));
    expect(dry.status).toBe("SUCCESSFUL");
    const failed = await merged(await bodyOf("kept", { options: { swapAlias: "kept", minMatchRatio: 1 } }));
    expect(failed).toMatchObject({ status: "FAILED", details: { matchedSourceRows: 150 } });
    expect(await ownerOf("kept")).toBe(source);
  });

  it("makes one that there is not, and loads nothing where the source is not loaded or has a vector without an index", async () => {
    const released = milvus.ReleaseCollectionRequest.fromPartial({ collectionName: await sourceWith("unloaded") });
    checkStatus(await fixture.client.raw.releaseCollection(released));
    const loaded = await sourceWith("loaded");
    await rowsOf(loaded);
    const vector = { fieldName: "extra", dataType: "FLOAT_VECTOR", params: { dim: 2 } };
    for (const [name, more] of [
      ["unloaded", {}],
      ["loaded", { newFields: [vector], files: [], mergeField: "" }],
    ] as const) {
      const body = await bodyOf(name, { options: { swapAlias: `new_${name}` }, ...more });
      expect((await merged(body)).status).toBe("SUCCESSFUL");
      expect(await ownerOf(`new_${name}`)).toBe(body.destCollectionName);
      const state = await call("POST", "/v2/vectordb/collections/get_load_state", { collectionName: `new_${name}` });
      expect(state.data).toMatchObject({ loadState: "LoadStateNotLoad" });
    }
  });
});

it("a request with the key of an earlier one is that one, and another request with it is refused", async () => {
  const source = await collectionWith(books(3));
  const headers = { "content-type": "application/json", "idempotency-key": "merge-1" };
  const request = async (dest: string) => {
    const body = { collectionName: source, destCollectionName: dest, newFields: priceFields };
    const answer = await fetch(`${fixture.url}/v2/etl/merge`, { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.json()) as Answer;
  };
  const dest = newName();
  // Whose answer was lost, comes again while the first one is looked at.
  const [first, ...again] = await Promise.all([request(dest), request(dest), request(dest)]);
  expect(first.code).toBe(0);
  expect([...again, await request(dest)]).toEqual([first, first, first]);
  expect((await request(newName())).message).toMatch(/was used before, for merge job/);
  await ended(first.data.jobId);
});

it("a request that differs in an option, or in the length of a field, is another one for its key", async () => {
  const source = await collectionWith(books(3));
  const file = await prices("keyed.parquet", 0, 3);
  const tag = (maxLength: number) => [{ fieldName: "tag", dataType: "VARCHAR", params: { maxLength } }];
  const dry = { newFields: tag(5), options: { dryRun: true } };
  const headers = { "content-type": "application/json", "idempotency-key": "merge-2" };
  const request = async (more: object) => {
    const body = { collectionName: source, destCollectionName: "keyed", mergeField: "id", files: [[file]], ...more };
    const answer = await fetch(`${fixture.url}/v2/etl/merge`, { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.json()) as Answer;
  };
  const first = await request(dry);
  expect(await request(dry)).toEqual(first);
  for (const other of [{ newFields: tag(5) }, { ...dry, newFields: tag(6) }])
    expect(await request(other)).toMatchObject({
      code: 2100,
      message: expect.stringMatching(/was used before, for merge/),
    });
  expect((await ended(first.data.jobId)).status).toBe("SUCCESSFUL");
});

describe("a request to merge is refused", () => {
  let source: string;
  let file: string;
  const body = (more: object = {}) => ({
    ...{ collectionName: source, destCollectionName: "never", mergeField: "id", newFields: priceFields },
    ...{ files: [[file]], ...more },
  });
  beforeAll(async () => {
    source = await collectionWith(books(3));
    file = await prices("refused.parquet", 0, 3);
  });

  it.each<[what: string, code: number, message: RegExp, more: object]>([
    ["for a source that is missing", 63260, /can't find collection/, { collectionName: "missing" }],
    ["for a field that the source has not", 63262, /mergeField "nothing" is no field/, { mergeField: "nothing" }],
    ["for a key of a type that is not compared", 63263, /of type FloatVector/, { mergeField: "vector" }],
    [
      "for a field that is there",
      63264,
      /duplicated field name/i,
      { newFields: [{ fieldName: "title", dataType: "INT8" }] },
    ],
    ["for a field of a name that is kept", 63264, /\$x/, { newFields: [{ fieldName: "$x", dataType: "INT8" }] }],
    ["for text without a length", 63264, /max_length/, { newFields: [{ fieldName: "a", dataType: "VARCHAR" }] }],
    ["for a type that is none", 63264, /no data type "INT7"/, { newFields: [{ fieldName: "a", dataType: "INT7" }] }],
    [
      "for a default of another type",
      63264,
      /no value of its type/,
      { newFields: [{ fieldName: "a", dataType: "INT8", params: { defaultValue: "x" } }] },
    ],
    [
      "for a field with two names",
      63264,
      /fieldName "price" and name "tag" .* differ: give one/,
      { newFields: [{ fieldName: "price", name: "tag", dataType: "INT8" }] },
    ],
    ["without new fields", 63264, /newFields is missing/, { newFields: [] }],
    [
      "for a column that the file has not",
      63265,
      /has no column "a", which is a new field; it has id, price/,
      { newFields: [{ fieldName: "a", dataType: "INT8" }] },
    ],
    ["for files without a key to match by", 63262, /mergeField .* is missing/, { mergeField: "" }],
    ["for a key that the file has not", 63262, /has no column "year", which is mergeField/, { mergeField: "year" }],
    ["for files that are not there", 63270, /missing.parquet/, { files: [["sources/missing.parquet"]] }],
    ["for rules that are none", 2100, /onDuplicateKey must be one of/, { options: { onDuplicateKey: "any" } }],
    ["for options that nobody knows", 1801, /odd/, { options: { odd: true } }],
    ["for fields in place", 1801, /only "newCollection" .* point an alias to it/, { options: { mode: "inPlace" } }],
    ["for an alias that is none", 1100, /Invalid collection alias/, { options: { swapAlias: "a-b" } }],
    ["for an alias that is its name", 2100, /choose another/, { options: { swapAlias: "never" } }],
    ["for fields that are there", 1100, /update .* upserts/, { options: { update: ["title"] } }],
    ["for an option with a slip", 1100, /"options.dry_run" .*did you mean 'dryRun'/, { options: { dry_run: true } }],
    ["without a name for the new one", 1802, /destCollectionName/, { destCollectionName: "" }],
    ["for a name that is none", 1100, /Invalid collection name/, { destCollectionName: "1-2" }],
  ])("%s", async (_what, code, message, more) => {
    const answer = await call("POST", "/v2/etl/merge", body(more));
    expect(answer).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("for an alias that is a collection's name", async () => {
    const answer = await call("POST", "/v2/etl/merge", body({ options: { swapAlias: source } }));
    expect(answer).toMatchObject({ code: 2100, message: expect.stringContaining(`"${source}" is the name`) });
  });

  it("for a name that another collection or alias has", async () => {
    const alias = { collectionName: source, alias: "other_name" };
    checkStatus(await fixture.client.raw.createAlias(milvus.CreateAliasRequest.fromPartial(alias)));
    for (const destCollectionName of [source, "other_name"])
      expect((await call("POST", "/v2/etl/merge", body({ destCollectionName }))).code).toBe(63261);
  });

  it("for a file that is damaged, with its place, by the request or the job", async () => {
    const damaged = await fixture.files.write("damaged.parquet", "PAR1 this is none PAR1");
    const answer = await call("POST", "/v2/etl/merge", body({ files: [[damaged]] }));
    expect(answer).toMatchObject({ code: 63269, message: expect.stringContaining("damaged.parquet") });
  });
});

it("files of a volume are merged, by either of its names", async () => {
  const source = await collectionWith(books(10));
  await call("POST", "/v2/volumes/create", { volumeName: "shop" });
  const bytes = await readFile(await prices("volume.parquet", 0, 10));
  const put = await fetch(`${fixture.url}/v2/volumes/shop/files/deep/volume.parquet`, { method: "PUT", body: bytes });
  expect(put.status).toBeLessThan(300);
  for (const dataSource of [
    { type: "volume", volumeName: "shop", dataPath: "deep/volume.parquet" },
    { type: "stage", stageName: "shop", dataPath: "/deep/" },
  ]) {
    const body = {
      collectionName: source,
      destCollectionName: newName(),
      dataSource,
      mergeField: "id",
      newFields: priceFields,
    };
    expect(await merged(body)).toMatchObject({ status: "SUCCESSFUL", details: { matchedSourceRows: 10 } });
  }
});

it("deleted rows are none of the new collection, nor of the report", async () => {
  const source = await collectionWith(books(10));
  await fixture.client.delete(source, "id in [1, 2]");
  const dest = newName();
  const job = await merged({ collectionName: source, destCollectionName: dest, newFields: priceFields });
  expect(job.details).toMatchObject({ sourceRows: 8, destRows: 8 });
  expect(job.warnings ?? []).toEqual([]);
  const request = milvus.LoadCollectionRequest.fromPartial({ collectionName: dest });
  checkStatus(await fixture.client.raw.loadCollection(request));
  expect(await fixture.client.count(dest)).toBe(8);
});
