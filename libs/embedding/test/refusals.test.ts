import { describe, expect, it, test } from "@jest/globals";
import { type EmbeddingSettings, ModelServers } from "../src/index.ts";
import { type ModelAnswer, vectorOf } from "../src/testing/index.ts";
import { call, DIM, fieldsOf, open, refusalOf, rowsOf, teiFields, useModel, vectorsOf } from "./world.ts";

const model = useModel();

describe("refusals", () => {
  const texts = ["aa", "bb", "bad", "dd", "bad", "ff"];

  it("name the row of an empty text", async () => {
    const { code, at } = await refusalOf(teiFields(model.server).fill(rowsOf(["a", "", "b"]), call));
    expect([code, at]).toEqual(["value_invalid", { row: 1, field: "text" }]);
  });

  it("of one text name its row and its beginning", async () => {
    model.server.instead = (_, given) => (given.includes("bad") ? { status: 422, body: '{"error":"no"}' } : undefined);
    const { code, reason, at } = await refusalOf(teiFields(model.server).fill(rowsOf(texts), call));
    expect([code, at]).toEqual(["provider_refused", { row: 2, field: "text" }]);
    expect(reason).toContain('refuses: HTTP 422: {"error":"no"} (for the text "bad")');
  });

  it("too much at once is asked for in halves", async () => {
    model.server.instead = (_, given) => (given.length > 2 ? { status: 413, body: "too large" } : undefined);
    const filled = await teiFields(model.server).fill(rowsOf(["a", "b", "c", "d", "e"]), call);
    expect(vectorsOf(filled)).toEqual(["a", "b", "c", "d", "e"].map((text) => vectorOf(text, DIM)));
  });

  it("never repeat the key", async () => {
    model.server.instead = ({ headers }) => ({ status: 401, body: `wrong key ${headers.authorization}` });
    const params = { provider: "openai", model_name: "m", url: model.server.url };
    const fields = fieldsOf(params, { ...open, embeddingKey: ["openai=sk-secret"] });
    const { code, message } = await refusalOf(fields.fill(rowsOf(["a"]), call));
    expect([code, message]).toEqual(["provider_refused", expect.stringContaining("HTTP 401: wrong key Bearer ***")]);
  });

  it.each<[string, ModelAnswer]>([
    ["at the end of what is shown of an answer", { status: 401, body: `${"x".repeat(290)} sk-secret` }],
    ["as a number of a vector", { body: { data: [{ index: 0, embedding: ["sk-secret", ...new Array(7).fill(1)] }] } }],
    ["in what is no JSON", { body: "sk-secret" }],
  ])("never repeat a part of the key: %s", async (_, answer) => {
    model.server.instead = () => answer;
    const params = { provider: "openai", model_name: "m", url: model.server.url };
    const fields = fieldsOf(params, { ...open, embeddingKey: ["openai=sk-secret"] });
    const { code, message } = await refusalOf(fields.fill(rowsOf(["a"]), call));
    expect([code, message.includes("sk-")]).toEqual(["provider_refused", false]);
  });

  test.each<[string, ModelAnswer, string]>([
    ["objects instead of numbers", { body: `[[${'{"toString":1},'.repeat(7)}1],[]]` }, "gives an object as number 0"],
    [
      "lists without end",
      { body: `[[${"[".repeat(2e5)}${"]".repeat(2e5)},1,1,1,1,1,1,1],[]]` },
      "gives a list as number 0",
    ],
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
    model.server.instead = () => answer;
    const error = await refusalOf(teiFields(model.server).fill(rowsOf(["a", "b"]), call));
    expect([error.code, error.reason]).toEqual(["provider_refused", expect.stringContaining(reason)]);
    expect(model.server.asked.length).toBe(1);
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
      { provider: "tei", endpoint: model.server.url.replace("127.0.0.1", "localhost") },
      { embeddingEndpoint: ["localhost"] },
    );
    const { code, reason } = await refusalOf(fields.fill(rowsOf(["a"]), call));
    expect([code, reason]).toEqual([
      "provider_refused",
      expect.stringContaining('"localhost" stands for an address that is not public'),
    ]);
    expect(model.server.asked).toEqual([]);
  });

  it("settings that are no keys are refused, without repeating them", () => {
    expect(() => new ModelServers({ embeddingKey: ["sk-secret"] })).toThrow(
      "setting embedding-key: expected NAME=KEY or NAME@HOST=KEY",
    );
  });
});
