import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ModelServer, vectorOf } from "@sluice/embedding/testing";
import { useRest, useRestCalls, useServer } from "../support/index.ts";

// A server of a model stands on this machine; whatever it is asked, and answers, is seen.

const DIM = 8;
const KEY = "sk-very-secret";
const fixture = useServer({ embeddingEndpoint: "127.0.0.1", embeddingKey: `openai=${KEY}`, embeddingWait: "2s" });
const rest = useRestCalls(fixture);
const jobs = useRest(fixture);
let model: ModelServer;

beforeAll(async () => {
  model = await ModelServer.open(DIM);
});
beforeEach(() => {
  model.instead = undefined;
  model.asked.length = 0;
});
afterAll(() => model[Symbol.asyncDispose]());

const docs = (collectionName: string, params: object, dim = DIM) => ({
  collectionName,
  schema: {
    fields: [
      { fieldName: "id", dataType: "Int64", isPrimary: true },
      { fieldName: "text", dataType: "VarChar", elementTypeParams: { max_length: 200 } },
      { fieldName: "v", dataType: "FloatVector", elementTypeParams: { dim } },
    ],
    functions: [{ name: "f", type: "TextEmbedding", inputFieldNames: ["text"], outputFieldNames: ["v"], params }],
  },
  indexParams: [{ fieldName: "v", metricType: "L2" }],
});
const tei = () => ({ provider: "TEI", endpoint: model.url, ingestion_prompt: "row: ", search_prompt: "ask: " });
const rowsOf = (collectionName: string) =>
  rest.data("entities/query", { collectionName, filter: "id >= 0", outputFields: ["id", "text", "v"], limit: 100 });
const expected = (ids: readonly number[], text: (id: number) => string) =>
  ids.map((id) => ({ id: String(id), text: text(id), v: vectorOf(`row: ${text(id)}`, DIM) }));

describe("a collection whose vectors a model makes", () => {
  it("is refused when the model has another dimension, or its server is not listed", async () => {
    const wrong = await rest.post("collections/create", docs("wrong", tei(), 4));
    expect(wrong.message).toContain(
      "the dim set in the schema is inconsistent with the dim of the model, dim in schema is 4, dim of model is 8",
    );
    const foreign = await rest.post("collections/create", docs("wrong", { ...tei(), endpoint: "http://10.1.1.1" }));
    expect(foreign.message).toContain('this server connects to no "10.1.1.1": its setting --embedding-endpoint lists');
  });

  it("has them after an import, an insert and an upsert, and is searched by text", async () => {
    const collectionName = "docs";
    await rest.data("collections/create", docs(collectionName, tei()));
    expect(model.asked.map(({ body }) => body.inputs)).toEqual([["row: check"]]);
    const text = (id: number) => "abcdefgh".repeat(2).slice(id % 8, (id % 8) + 3);
    const files = await fixture.files.jsonl("docs.jsonl", [0, 1, 2, 3].map((id) => ({ id, text: text(id) }))); // biome-ignore format: short
    // What passes is waited for.
    const answers = [{ status: 503, body: "starting" }];
    model.instead = () => answers.shift();
    await fixture.client.importAndWait(collectionName, files);
    await rest.data("entities/insert", { collectionName, data: [4, 5].map((id) => ({ id, text: text(id) })) });
    await rest.data("entities/upsert", { collectionName, data: [{ id: 0, text: "zz" }] });
    const final = (id: number) => (id === 0 ? "zz" : text(id));
    const found = (await rowsOf(collectionName)) as { id: string }[];
    expect(found.sort((a, b) => Number(a.id) - Number(b.id))).toEqual(expected([0, 1, 2, 3, 4, 5], final));
    model.asked.length = 0;
    const search = { collectionName, data: ["row: zz"], annsField: "v", limit: 1, outputFields: ["text"] };
    expect(await rest.data("entities/search", search)).toMatchObject([{ id: "0", text: "zz" }]);
    expect(model.asked.map(({ body }) => body.inputs)).toEqual([["ask: row: zz"]]);
  });

  it("says of a text that the model refuses which row it is, and of an empty one", async () => {
    const collectionName = "refused";
    await rest.data("collections/create", docs(collectionName, tei()));
    model.instead = (_, texts) =>
      texts.some((text) => text.includes("bad")) ? { status: 422, body: "this text is too long" } : undefined;
    const rows = Array.from({ length: 40 }, (_, id) => ({ id, text: id === 37 ? "bad" : `good ${id}` }));
    const failed = await fixture.client.importAndFail(collectionName, await fixture.files.jsonl("bad.jsonl", rows));
    expect(failed.reason).toMatch(/refuses: HTTP 422: this text is too long \(for the text "bad"\).*row 37/);
    const empty = await fixture.files.jsonl("empty.jsonl", [{ id: 1, text: "a" }, { id: 2, text: "" }]); // biome-ignore format: short
    expect((await fixture.client.importAndFail(collectionName, empty)).reason).toContain(
      "TextEmbedding function does not support empty text",
    );
    const inserted = await rest.post("entities/insert", { collectionName, data: [{ id: 1, text: "bad" }] });
    expect([inserted.code === 0, inserted.message]).toEqual([false, expect.stringContaining("HTTP 422")]);
  });

  it("waits as long as the client says, else as long as the setting, and says how far it got", async () => {
    const collectionName = "patient";
    await rest.data("collections/create", docs(collectionName, { ...tei(), max_client_batch_size: "1" }));
    const data = ["a", "b"].map((text, id) => ({ id, text }));
    const isFirst = (texts: readonly string[]) => texts.some((text) => text.endsWith("a"));
    model.instead = (_, texts) => (isFirst(texts) ? undefined : { status: 503, body: "starting" });
    const insert = (headers: Record<string, string>) => rest.post("entities/insert", { collectionName, data }, headers);
    const unsaid = await insert({});
    expect([unsaid.code === 0, unsaid.message]).toEqual([
      false,
      expect.stringMatching(
        /HTTP 503: starting; 1 of 2 texts had theirs by then \(a request was given 2 s: .*embedding-wait/,
      ),
    ]);
    const short = await insert({ "request-timeout": "5" });
    expect(short.message).toMatch(
      /1 of 2 texts had theirs by then \(the call had [45]\.\d s: give it a later deadline/,
    );
    // Pauses of 0.25, 0.5, 1 and 2 s, about, are more than the setting allows.
    let fails = 4;
    model.instead = (_, texts) => (isFirst(texts) || fails-- <= 0 ? undefined : { status: 503, body: "starting" });
    expect(await insert({ "request-timeout": "60" })).toMatchObject({ code: 0, data: { insertCount: 2 } });
  });

  it("takes no vectors from files", async () => {
    await rest.data("collections/create", docs("given", tei()));
    const path = await fixture.files.jsonl("given.jsonl", [{ id: 1, text: "a", v: vectorOf("a", DIM) }]);
    expect((await fixture.client.importAndFail("given", path)).reason).toContain("function output");
  });

  it("takes them where a property of the collection says so, and then asks for none", async () => {
    const collectionName = "allowed";
    const properties = { "collection.function.allowInsertNonBM25FunctionOutputs": "true" };
    await rest.data("collections/create", { ...docs(collectionName, tei()), properties });
    model.asked.length = 0;
    const own = vectorOf("own", DIM);
    const import_ = async (name: string, rows: readonly object[]) =>
      fixture.client.importAndWait(collectionName, await fixture.files.jsonl(name, rows));
    await import_("own.jsonl", [{ id: 1, text: "a", v: own }]);
    await rest.data("entities/insert", { collectionName, data: [{ id: 2, text: "b", v: own }] });
    expect(model.asked).toEqual([]);
    await import_("made.jsonl", [{ id: 3, text: "c" }]);
    await rest.data("entities/insert", { collectionName, data: [{ id: 4, text: "d" }] });
    expect(model.asked.map(({ body }) => body.inputs)).toEqual([["row: c"], ["row: d"]]);
    const found = (await rowsOf(collectionName)) as { id: string; v: number[] }[];
    expect(found.map(({ id, v }) => [id, v])).toEqual([
      ["1", own],
      ["2", own],
      ["3", vectorOf("row: c", DIM)],
      ["4", vectorOf("row: d", DIM)],
    ]);
    const mixed = await fixture.files.jsonl("mixed.jsonl", [{ id: 5, text: "e", v: own }, { id: 6, text: "f" }]); // biome-ignore format: short
    expect((await fixture.client.importAndFail(collectionName, mixed)).reason).toContain(
      "value of field 'v' is missed in this row: all rows of a file give this function output, or none does",
    );
  });

  it("knows its key by name alone", async () => {
    const params = { provider: "OpenAI", model_name: "small", url: `${model.url}/v1/embeddings` };
    await rest.data("collections/create", docs("open", params));
    expect(model.asked[0].headers.authorization).toBe(`Bearer ${KEY}`);
    const described = await rest.data("collections/describe", { collectionName: "open" });
    expect(JSON.stringify(described)).toContain("small");
    expect(JSON.stringify(described)).not.toContain(KEY);
    const inside = { ...params, api_key: KEY };
    expect((await rest.post("collections/create", docs("inside", inside))).message).toContain("param credential");
  });

  it("is checked without a request where nothing is written", async () => {
    await rest.data("collections/create", docs("dry", tei()));
    model.asked.length = 0;
    const files = [await fixture.files.jsonl("dry.jsonl", [{ id: 1, text: "a" }])].map((paths) => paths);
    const { state } = await jobs.run({ collectionName: "dry", files, options: { dry_run: "true" } });
    expect([state, model.asked]).toEqual(["Completed", []]);
  });
});
