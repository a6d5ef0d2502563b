import { readFileSync } from "node:fs";
import { expect, it } from "@jest/globals";
import { optionsJsonSchema, parseImportOptions } from "@sluice/jobs";
import { knownOptions } from "../../src/options/known-options.ts";

const page = readFileSync(new URL("../../../../docs/options.md", import.meta.url), "utf8");

it("the page names every option", () => {
  const { properties } = optionsJsonSchema() as { properties: object };
  for (const key of [...Object.keys(properties), ...Object.keys(knownOptions)]) expect(page).toContain(`\`${key}\``);
});

it("the page's document is one", () => {
  const [, document] = /```json\n(\{\n[\s\S]*?)```/.exec(page) ?? [];
  expect(parseImportOptions([{ key: "options", value: document }])).toMatchObject({
    chunks: [{ files: [{ type: "row_based" }] }, { files: [{}, { fields_mapping: { emb: "vector" } }] }],
    spec: { timeoutMs: 7_200_000 },
  });
});
