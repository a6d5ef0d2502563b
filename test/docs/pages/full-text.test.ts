import { expect } from "@jest/globals";
import { itWith, pythonOf, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser, runWithSluice } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/full-text.md");

itWith("pymilvus-2.6.17")("runs as written: text is found by its words", async () => {
  const { server, importRoot } = fixture;
  const places = { "localhost:19530": server.address };
  const python = (text: string) =>
    runAsUser(pythonOf("pymilvus-2.6.17"), ["-c", adapt(page.block(text), places)], importRoot);
  const languages = await python("multi_analyzer_params");
  await python("create_collection");
  await runWithSluice(page.block("sluice import"), importRoot, server.address);
  const [found, hybrid, matched, tokens] = (await python("hybrid_search")).trim().split("\n");
  expect(found).toBe("[2, 1]");
  expect(hybrid).toMatch(/^\[(1, 3|3, 1)\]$/);
  expect(matched).toContain("{'id': 1}");
  expect(matched).toContain("{'id': 3}");
  expect(tokens).toBe("['fox', 'dog']");
  expect(languages.trim().split("\n")).toEqual(["[2]", "[1]", "[]", "['glass', 'hous']"]);
  expect(page.left).toEqual([]);
});
