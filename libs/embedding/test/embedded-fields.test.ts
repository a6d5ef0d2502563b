import { describe, expect, it, test } from "@jest/globals";
import type { Column, FixedColumn } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { type ModelAnswer, ModelServer, vectorOf } from "../src/testing/index.ts";
import { call, DIM, fieldsOf, open, refusalOf, rowsOf, teiFields, useModel, vectorsOf } from "./world.ts";

const model = useModel();

describe("vectors of texts", () => {
  const texts = Array.from({ length: 100 }, (_, i) => `text ${i % 70} é`);

  it("are the model's, equal texts asked for once, in requests of at most 32", async () => {
    expect(vectorsOf(await teiFields(model.server).fill(rowsOf(texts), call))).toEqual(
      texts.map((text) => vectorOf(text, DIM)),
    );
    expect(model.server.asked.map(({ body }) => body.inputs?.length)).toEqual([32, 32, 6]);
    expect(model.server.asked[0].path).toBe("/embed");
    expect(model.server.asked[0].headers.authorization).toBeUndefined();
    expect(model.server.mostAtOnce).toBeLessThanOrEqual(4);
  });

  it("come in parts whose vectors take some megabytes", async () => {
    const many = Array.from({ length: 300_000 }, (_, i) => (i % 2 ? "a" : "b"));
    const parts = await Array.fromAsync(teiFields(model.server).parts(rowsOf(many), call));
    expect(parts.length).toBe(2);
    expect(parts.flatMap(({ rowCount }) => rowCount)).toEqual([262_144, 37_856]);
    expect(vectorsOf(parts[1])[1]).toEqual(vectorOf("a", DIM));
  });

  it("that are there stay, and nobody is asked", async () => {
    const batch = rowsOf(["a"]);
    const given: Column = { kind: "fixed", width: 4 * DIM, data: new Uint8Array(4 * DIM), validity: undefined };
    const full = { ...batch, columns: [batch.columns[0], given] };
    expect(await Array.fromAsync(teiFields(model.server).parts(full, call))).toEqual([full]);
    expect(model.server.asked).toEqual([]);
  });

  it("TEI gets what its parameters say", async () => {
    const params = {
      truncate: "true",
      Truncation_Direction: "Left",
      max_client_batch_size: "2",
      ingestion_prompt: "p: ",
    };
    await teiFields(model.server, params).fill(rowsOf(["a", "b", "c"]), call);
    expect(model.server.asked.map(({ body }) => body)).toEqual([
      { inputs: ["p: a", "p: b"], truncate: true, truncation_direction: "Left" },
      { inputs: ["p: c"], truncate: true, truncation_direction: "Left" },
    ]);
  });

  it("OpenAI's API gets model and key, and answers in any order", async () => {
    const params = { provider: "openai", model_name: "m", dim: String(DIM), url: `${model.server.url}/v1/embeddings` };
    const fields = fieldsOf(params, { ...open, embeddingKey: ["other=x", "openai=sk-1"] });
    expect(vectorsOf(await fields.fill(rowsOf(["a", "b"]), call))).toEqual(
      ["a", "b"].map((text) => vectorOf(text, DIM)),
    );
    const [{ path, headers, body }] = model.server.asked;
    expect([path, headers.authorization]).toEqual(["/v1/embeddings", "Bearer sk-1"]);
    expect(body).toEqual({ model: "m", input: ["a", "b"], encoding_format: "float", dimensions: DIM });
  });

  it("Azure has the model in the address, and a header of its own", async () => {
    const params = { provider: "azure_openai", model_name: "d 1", url: model.server.url, credential: "az" };
    await fieldsOf(params, { ...open, embeddingKey: ["az@127.0.0.1=k"] }).fill(rowsOf(["a"]), call);
    expect(model.server.asked[0].path).toBe("/openai/deployments/d%201/embeddings?api-version=2024-06-01");
    expect(model.server.asked[0].headers["api-key"]).toBe("k");
  });
});

describe("other providers", () => {
  const key = { embeddingKey: ["cohere=k", "voyageai=k", "dashscope=k", "gemini=k", "siliconflow=k"], ...open };
  const vector = vectorOf("a", DIM);

  test.each<[string, unknown, object]>([
    [
      "cohere",
      { embeddings: { float: [vector] } },
      { model: "m", texts: ["a"], input_type: "search_document", embedding_types: ["float"], truncate: "END" },
    ],
    [
      "voyageai",
      { data: [{ embedding: vector, index: 0 }] },
      { model: "m", input: ["a"], input_type: "document", output_dtype: "float" },
    ],
    [
      "siliconflow",
      { data: [{ embedding: vector, index: 0 }] },
      { model: "m", input: ["a"], encoding_format: "float" },
    ],
    [
      "dashscope",
      { output: { embeddings: [{ embedding: vector, text_index: 0 }] } },
      { model: "m", input: { texts: ["a"] }, parameters: { text_type: "document", output_type: "dense" } },
    ],
    [
      "gemini",
      { embeddings: [{ values: vector }] },
      { requests: [{ model: "models/m", content: { parts: [{ text: "a" }] }, taskType: "RETRIEVAL_DOCUMENT" }] },
    ],
  ])("%s is asked and read in its own form", async (provider, body, asked) => {
    model.server.instead = () => ({ body });
    const fields = fieldsOf({ provider, model_name: "m", url: model.server.url }, key);
    expect(vectorsOf(await fields.fill(rowsOf(["a"]), call))).toEqual([vector]);
    expect(model.server.asked[0].body).toEqual(asked);
  });

  it("int8 vectors are numbers from -128 to 127", async () => {
    const fields = fieldsOf({ provider: "cohere", model_name: "m", url: model.server.url }, key, DataType.Int8Vector);
    model.server.instead = () => ({ body: { embeddings: { int8: [[-128, 127, 0, 0, 0, 0, 0, 1]] } } });
    const { data } = (await fields.fill(rowsOf(["a"]), call)).columns[1] as FixedColumn;
    expect([...new Int8Array(data.buffer)]).toEqual([-128, 127, 0, 0, 0, 0, 0, 1]);
    model.server.instead = () => ({ body: { embeddings: { int8: [[128, 0, 0, 0, 0, 0, 0, 0]] } } });
    expect((await refusalOf(fields.fill(rowsOf(["a"]), call))).reason).toContain("the model gives 128");
  });
});

describe("a server in trouble", () => {
  /** Answers so once for each of them, and then as the model. */
  const first = (...answers: ModelAnswer[]) => {
    model.server.instead = () => answers.shift();
  };

  it("is asked again while it may pass", async () => {
    first({ status: 503, body: "down" }, { status: 500, body: "" }, { status: 429, body: "slow down" });
    expect(vectorsOf(await teiFields(model.server).fill(rowsOf(["a"]), call))).toEqual([vectorOf("a", DIM)]);
    expect(model.server.asked.length).toBe(4);
  });

  it("is left alone as long as it asks for", async () => {
    first({ status: 429, headers: { "retry-after": "0.05" }, body: "" });
    const beganMs = performance.now();
    await teiFields(model.server).fill(rowsOf(["a"]), call);
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(49);
  });

  it("that asks for longer than one waits is told of", async () => {
    first({ status: 429, headers: { "retry-after": "3600" }, body: "enough" });
    const { code, reason } = await refusalOf(teiFields(model.server).fill(rowsOf(["a"]), call));
    expect([code, reason]).toEqual([
      "provider_unavailable",
      `the model of ${new URL(model.server.url).host} gives no vectors: HTTP 429: enough`,
    ]);
  });

  it("that is not there is told of", async () => {
    const gone = await ModelServer.open(DIM);
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    const patience = { totalMs: 0, firstMs: 1 };
    const { code } = await refusalOf(
      teiFields(model.server, { endpoint: url }).fill(rowsOf(["a"]), { ...call, patience }),
    );
    expect(code).toBe("provider_unavailable");
  });

  it("that hands the connection to another protocol is asked again", async () => {
    first({ status: 101, headers: { connection: "upgrade", upgrade: "h2c" }, body: "" });
    expect(vectorsOf(await teiFields(model.server).fill(rowsOf(["a"]), call))).toEqual([vectorOf("a", DIM)]);
  });

  it("that is silent is waited for as long as the call may take", async () => {
    first({ body: undefined });
    const brief = { ...call, patience: { totalMs: 50, firstMs: 1 } };
    const { code, reason } = await refusalOf(teiFields(model.server).fill(rowsOf(["a"]), brief));
    expect([code, reason]).toEqual(["provider_unavailable", expect.stringContaining("no answer within 0.05 s")]);
  });

  it("is asked until the call ends, however many requests that are, and the error says how far it got", async () => {
    // A text a request.
    model.server.instead = (_, texts) =>
      texts.some((text) => text >= "d") ? { status: 503, body: "starting" } : undefined;
    const patience = { totalMs: 60_000, firstMs: 1, endsAtMs: performance.now() + 1500 };
    const texts = ["a", "b", "c", "d", "e", "f"];
    const fields = teiFields(model.server, { max_client_batch_size: "1" });
    const { code, reason } = await refusalOf(fields.fill(rowsOf(texts), { ...call, patience }));
    expect([code, reason]).toEqual([
      "provider_unavailable",
      `the model of ${new URL(model.server.url).host} gives no vectors: HTTP 503: starting; 3 of 6 texts had theirs by then`,
    ]);
    expect(performance.now()).toBeLessThan(patience.endsAtMs + 10_000);
  });

  it("that has asked one call to be left alone for longer than another one waits is told of at once", async () => {
    const fields = teiFields(model.server);
    model.server.instead = () => ({ status: 429, headers: { "retry-after": "3000" }, body: "" });
    const left = new AbortController();
    const patient = { ...call, patience: { totalMs: 4e6, firstMs: 1 }, signal: left.signal };
    const waiting = expect(fields.fill(rowsOf(["a"]), patient)).rejects.toThrow();
    let reason = "";
    // Until the first answer is known, others are asked for.
    while (!reason.includes("left alone")) ({ reason } = await refusalOf(fields.fill(rowsOf(["b"]), call)));
    expect(reason).toMatch(/gives no vectors: it has asked to be left alone for \d+ s/);
    left.abort();
    await waiting;
  });

  it("gives up when the call is cancelled", async () => {
    const cancelled = new AbortController();
    model.server.instead = () => {
      cancelled.abort(new Error("left"));
      return { status: 503, headers: { "retry-after": "1" }, body: "" };
    };
    await expect(teiFields(model.server).fill(rowsOf(["a"]), { ...call, signal: cancelled.signal })).rejects.toThrow();
    expect(model.server.asked.length).toBe(1);
  });
});
