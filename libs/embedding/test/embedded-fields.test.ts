import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "@jest/globals";
import type { Column, FixedColumn, InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { EmbeddedFields, type EmbeddingSettings, ModelServers } from "../src/index.ts";
import { type ModelAnswer, ModelServer, vectorOf } from "../src/testing/index.ts";

const DIM = 8;
let model: ModelServer;
beforeAll(async () => {
  model = await ModelServer.open(DIM);
});
beforeEach(() => {
  model.instead = undefined;
  model.asked.length = 0;
});
afterAll(() => model[Symbol.asyncDispose]());

const open: EmbeddingSettings = { embeddingEndpoint: ["127.0.0.1"] };
const call = {
  purpose: "rows",
  patience: { totalMs: 5000, firstMs: 1 },
  signal: new AbortController().signal,
} as const;

function fieldsOf(
  params: Record<string, string>,
  settings = open,
  type: DataType = DataType.FloatVector,
): EmbeddedFields {
  const fields = [
    field("text", DataType.VarChar, { fieldId: 100 }),
    field("v", type, { fieldId: 101, dim: DIM, isFunctionOutput: true }),
  ];
  const one = { name: "f", type: "textembedding", inputId: 100, outputId: 101, params } as const;
  return new EmbeddedFields(collection(fields, { functions: [one] }), new ModelServers(settings));
}

const teiFields = (more: Record<string, string> = {}) => fieldsOf({ provider: "TEI", endpoint: model.url, ...more });

function rowsOf(texts: readonly string[]): InsertBatch {
  const data = Buffer.from(texts.join(""));
  const offsets = new Uint32Array(texts.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i] + Buffer.byteLength(text);
  const text: Column = { kind: "var", offsets, data, validity: undefined };
  return { rowCount: texts.length, columns: [text, undefined], sourceBytes: 0 };
}

function vectorsOf({ columns, rowCount }: InsertBatch): number[][] {
  const { data, width } = columns[1] as FixedColumn;
  expect(width).toBe(4 * DIM);
  const values = new Float32Array(data.buffer, data.byteOffset, rowCount * DIM);
  return Array.from({ length: rowCount }, (_, row) => [...values.subarray(row * DIM, (row + 1) * DIM)]);
}

const refusalOf = async (work: Promise<unknown>) => {
  const error = await work.then(() => undefined, (thrown: unknown) => thrown); // biome-ignore format: short
  expect(error).toBeInstanceOf(ImportError);
  return error as ImportError;
};

describe("vectors of texts", () => {
  const texts = Array.from({ length: 100 }, (_, i) => `text ${i % 70} é`);

  it("are the model's, equal texts asked for once, in requests of at most 32", async () => {
    expect(vectorsOf(await teiFields().fill(rowsOf(texts), call))).toEqual(texts.map((text) => vectorOf(text, DIM)));
    expect(model.asked.map(({ body }) => body.inputs?.length)).toEqual([32, 32, 6]);
    expect(model.asked[0].path).toBe("/embed");
    expect(model.asked[0].headers.authorization).toBeUndefined();
    expect(model.mostAtOnce).toBeLessThanOrEqual(4);
  });

  it("come in parts whose vectors take some megabytes", async () => {
    const many = Array.from({ length: 300_000 }, (_, i) => (i % 2 ? "a" : "b"));
    const parts = await Array.fromAsync(teiFields().parts(rowsOf(many), call));
    expect(parts.length).toBe(2);
    expect(parts.flatMap(({ rowCount }) => rowCount)).toEqual([262_144, 37_856]);
    expect(vectorsOf(parts[1])[1]).toEqual(vectorOf("a", DIM));
  });

  it("that are there stay, and nobody is asked", async () => {
    const batch = rowsOf(["a"]);
    const given: Column = { kind: "fixed", width: 4 * DIM, data: new Uint8Array(4 * DIM), validity: undefined };
    const full = { ...batch, columns: [batch.columns[0], given] };
    expect(await Array.fromAsync(teiFields().parts(full, call))).toEqual([full]);
    expect(model.asked).toEqual([]);
  });

  it("TEI gets what its parameters say", async () => {
    const params = {
      truncate: "true",
      Truncation_Direction: "Left",
      max_client_batch_size: "2",
      ingestion_prompt: "p: ",
    };
    await teiFields(params).fill(rowsOf(["a", "b", "c"]), call);
    expect(model.asked.map(({ body }) => body)).toEqual([
      { inputs: ["p: a", "p: b"], truncate: true, truncation_direction: "Left" },
      { inputs: ["p: c"], truncate: true, truncation_direction: "Left" },
    ]);
  });

  it("OpenAI's API gets model and key, and answers in any order", async () => {
    const params = { provider: "openai", model_name: "m", dim: String(DIM), url: `${model.url}/v1/embeddings` };
    const fields = fieldsOf(params, { ...open, embeddingKey: ["other=x", "openai=sk-1"] });
    expect(vectorsOf(await fields.fill(rowsOf(["a", "b"]), call))).toEqual(
      ["a", "b"].map((text) => vectorOf(text, DIM)),
    );
    const [{ path, headers, body }] = model.asked;
    expect([path, headers.authorization]).toEqual(["/v1/embeddings", "Bearer sk-1"]);
    expect(body).toEqual({ model: "m", input: ["a", "b"], encoding_format: "float", dimensions: DIM });
  });

  it("Azure has the model in the address, and a header of its own", async () => {
    const params = { provider: "azure_openai", model_name: "d 1", url: model.url, credential: "az" };
    await fieldsOf(params, { ...open, embeddingKey: ["az@127.0.0.1=k"] }).fill(rowsOf(["a"]), call);
    expect(model.asked[0].path).toBe("/openai/deployments/d%201/embeddings?api-version=2024-06-01");
    expect(model.asked[0].headers["api-key"]).toBe("k");
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
    model.instead = () => ({ body });
    const fields = fieldsOf({ provider, model_name: "m", url: model.url }, key);
    expect(vectorsOf(await fields.fill(rowsOf(["a"]), call))).toEqual([vector]);
    expect(model.asked[0].body).toEqual(asked);
  });

  it("int8 vectors are numbers from -128 to 127", async () => {
    const fields = fieldsOf({ provider: "cohere", model_name: "m", url: model.url }, key, DataType.Int8Vector);
    model.instead = () => ({ body: { embeddings: { int8: [[-128, 127, 0, 0, 0, 0, 0, 1]] } } });
    const { data } = (await fields.fill(rowsOf(["a"]), call)).columns[1] as FixedColumn;
    expect([...new Int8Array(data.buffer)]).toEqual([-128, 127, 0, 0, 0, 0, 0, 1]);
    model.instead = () => ({ body: { embeddings: { int8: [[128, 0, 0, 0, 0, 0, 0, 0]] } } });
    expect((await refusalOf(fields.fill(rowsOf(["a"]), call))).reason).toContain("the model gives 128");
  });
});

describe("a server in trouble", () => {
  /** Answers so once for each of them, and then as the model. */
  const first = (...answers: ModelAnswer[]) => {
    model.instead = () => answers.shift();
  };

  it("is asked again while it may pass", async () => {
    first({ status: 503, body: "down" }, { status: 500, body: "" }, { status: 429, body: "slow down" });
    expect(vectorsOf(await teiFields().fill(rowsOf(["a"]), call))).toEqual([vectorOf("a", DIM)]);
    expect(model.asked.length).toBe(4);
  });

  it("is left alone as long as it asks for", async () => {
    first({ status: 429, headers: { "retry-after": "0.05" }, body: "" });
    const beganMs = performance.now();
    await teiFields().fill(rowsOf(["a"]), call);
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(49);
  });

  it("that asks for longer than one waits is told of", async () => {
    first({ status: 429, headers: { "retry-after": "3600" }, body: "enough" });
    const { code, reason } = await refusalOf(teiFields().fill(rowsOf(["a"]), call));
    expect([code, reason]).toEqual([
      "provider_unavailable",
      `the model of ${new URL(model.url).host} gives no vectors: HTTP 429: enough`,
    ]);
  });

  it("that is not there is told of", async () => {
    const gone = await ModelServer.open(DIM);
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    const patience = { totalMs: 0, firstMs: 1 };
    const { code } = await refusalOf(teiFields({ endpoint: url }).fill(rowsOf(["a"]), { ...call, patience }));
    expect(code).toBe("provider_unavailable");
  });

  it("gives up when the call is cancelled", async () => {
    const cancelled = new AbortController();
    model.instead = () => {
      cancelled.abort(new Error("left"));
      return { status: 503, headers: { "retry-after": "1" }, body: "" };
    };
    await expect(teiFields().fill(rowsOf(["a"]), { ...call, signal: cancelled.signal })).rejects.toThrow();
    expect(model.asked.length).toBe(1);
  });
});

describe("refusals", () => {
  const texts = ["aa", "bb", "bad", "dd", "bad", "ff"];

  it("name the row of an empty text", async () => {
    const { code, at } = await refusalOf(teiFields().fill(rowsOf(["a", "", "b"]), call));
    expect([code, at]).toEqual(["value_invalid", { row: 1, field: "text" }]);
  });

  it("of one text name its row and its beginning", async () => {
    model.instead = (_, given) => (given.includes("bad") ? { status: 422, body: '{"error":"no"}' } : undefined);
    const { code, reason, at } = await refusalOf(teiFields().fill(rowsOf(texts), call));
    expect([code, at]).toEqual(["provider_refused", { row: 2, field: "text" }]);
    expect(reason).toContain('refuses: HTTP 422: {"error":"no"} (for the text "bad")');
  });

  it("too much at once is asked for in halves", async () => {
    model.instead = (_, given) => (given.length > 2 ? { status: 413, body: "too large" } : undefined);
    const filled = await teiFields().fill(rowsOf(["a", "b", "c", "d", "e"]), call);
    expect(vectorsOf(filled)).toEqual(["a", "b", "c", "d", "e"].map((text) => vectorOf(text, DIM)));
  });

  it("never repeat the key", async () => {
    model.instead = ({ headers }) => ({ status: 401, body: `wrong key ${headers.authorization}` });
    const params = { provider: "openai", model_name: "m", url: model.url };
    const fields = fieldsOf(params, { ...open, embeddingKey: ["openai=sk-secret"] });
    const { code, message } = await refusalOf(fields.fill(rowsOf(["a"]), call));
    expect([code, message]).toEqual(["provider_refused", expect.stringContaining("HTTP 401: wrong key Bearer ***")]);
  });

  test.each<[string, ModelAnswer, string]>([
    ["too few vectors", { body: [[1]] }, "the number of texts and embeddings does not match text:[2], embedding:[1]"],
    [
      "another dimension",
      { body: [[1], [2]] },
      "the required embedding dim is [8], but the embedding obtained from the model is [1]",
    ],
    ["no numbers", { body: [new Array(8).fill("x"), []] }, "the model gives x as number 0"],
    ["too large numbers", { body: [new Array(8).fill(1e300), []] }, "the model gives 1e+300 as number 0"],
    ["no JSON", { body: "<html>" }, "the answer is no JSON: <html>"],
    ["another place", { status: 302, headers: { location: "http://169.254.169.254/" }, body: "" }, "HTTP 302"],
    ["endless", { body: `[${"1,".repeat(1 << 20)}1]` }, "the answer has more than"],
  ])("of %s", async (_, answer, reason) => {
    model.instead = () => answer;
    const error = await refusalOf(teiFields().fill(rowsOf(["a", "b"]), call));
    expect([error.code, error.reason]).toEqual(["provider_refused", expect.stringContaining(reason)]);
    expect(model.asked.length).toBe(1);
  });

  test.each<[string, Record<string, string>, EmbeddingSettings, string]>([
    ["no provider", {}, open, "the text embedding service provider parameter:[provider] not found"],
    [
      "an unknown one",
      { provider: "x" },
      open,
      "unsupported text embedding service provider: [x] , list of supported [openai,",
    ],
    ["one that is not here", { provider: "Bedrock" }, open, "gateway"],
    ["no endpoint", { provider: "tei" }, open, "param endpoint is missing"],
    ["no URL", { provider: "tei", endpoint: "ftp://x" }, open, "is not a valid http/https link"],
    ["a password in it", { provider: "tei", endpoint: "http://a:b@127.0.0.1" }, open, "without user and password"],
    [
      "a server that is not listed",
      { provider: "tei", endpoint: "http://10.0.0.1" },
      open,
      "--embedding-endpoint lists",
    ],
    [
      "no server at all",
      { provider: "openai", model_name: "m" },
      { embeddingKey: ["openai=k"] },
      'connects to no "api.openai.com"',
    ],
    ["no key", { provider: "openai", model_name: "m", url: "http://127.0.0.1" }, open, "missing credentials config"],
    [
      "an unknown key",
      { provider: "tei", endpoint: "http://127.0.0.1", credential: "c" },
      open,
      'embedding-key has no "c"',
    ],
    [
      "a key of another host",
      { provider: "tei", endpoint: "http://127.0.0.1", credential: "c" },
      { ...open, embeddingKey: ["c@h=k"] },
      "is not for 127.0.0.1",
    ],
    [
      "a key in the schema",
      { provider: "tei", endpoint: "http://127.0.0.1", api_key: "k" },
      open,
      "keys do not belong into a schema",
    ],
    ["no model", { provider: "openai", url: "http://127.0.0.1" }, open, "param model_name is missing"],
    [
      "another dimension",
      { provider: "tei", endpoint: "http://127.0.0.1", dim: "4" },
      open,
      "dimension [8] does not match the dimension [4]",
    ],
    [
      "a batch that is none",
      { provider: "tei", endpoint: "http://127.0.0.1", max_client_batch_size: "0" },
      open,
      "max_client_batch_size",
    ],
    [
      "a direction that is none",
      { provider: "tei", endpoint: "http://127.0.0.1", truncation_direction: "Up" },
      open,
      "[Left/Right]",
    ],
  ])("of %s come before any request", (_, params, settings, reason) => {
    expect(() => fieldsOf(params, settings)).toThrow(
      expect.objectContaining({ code: "provider_refused", reason: expect.stringContaining(reason) }),
    );
  });

  it("a name that stands for a private address is not connected to", async () => {
    const fields = fieldsOf(
      { provider: "tei", endpoint: model.url.replace("127.0.0.1", "localhost") },
      { embeddingEndpoint: ["localhost"] },
    );
    const { code, reason } = await refusalOf(fields.fill(rowsOf(["a"]), call));
    expect([code, reason]).toEqual([
      "provider_refused",
      expect.stringContaining('"localhost" stands for an address that is not public'),
    ]);
    expect(model.asked).toEqual([]);
  });

  it("settings that are no keys are refused, without repeating them", () => {
    expect(() => new ModelServers({ embeddingKey: ["sk-secret"] })).toThrow(
      "setting embedding-key: expected NAME=KEY or NAME@HOST=KEY",
    );
  });
});
