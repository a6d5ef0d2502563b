import { afterAll, beforeAll, expect } from "@jest/globals";
import { ModelServer } from "@sluice/embedding/testing";
import { itWith, pythonOf, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser } from "../blocks.ts";

const fixture = useServer({ embeddingEndpoint: "127.0.0.1" });
const page = new Page("docs/text-embedding.md");
let model: ModelServer;
beforeAll(async () => {
  model = await ModelServer.open(8);
});
afterAll(() => model[Symbol.asyncDispose]());

itWith("pymilvus-2.6.17")("runs as written: a model makes the vectors of rows and of a search", async () => {
  const { server, importRoot } = fixture;
  // Both are settings of the server, which is there already.
  expect(page.block("sluice standalone")).toContain("--embedding-endpoint localhost");
  const places = { "localhost:19530": server.address, "http://localhost:8080": model.url };
  const python = adapt(page.block("TEXTEMBEDDING"), places);
  expect((await runAsUser(pythonOf("pymilvus-2.6.17"), ["-c", python], importRoot)).trim()).toBe("a dog runs");
  expect(page.left).toEqual([]);
});
