import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { folderSources } from "@sluice/object-store/testing";
import { DataType } from "@sluice/schema";
import { openReader } from "../../src/format-list.ts";
import { presets } from "../../src/presets/presets.ts";

const page = await readFile(join(import.meta.dirname, "../../../../docs/presets.md"), "utf8");
const own = page.slice(page.indexOf("## One of your own"));
const blocks = [...own.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text]) => ({ language, text }));

it("the page names every preset", () => {
  const named = [...page.matchAll(/^\| \[`([a-z-]+)`\]\(presets\/\1\.md\) \|/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(Object.keys(presets).sort());
});

it("the page's own preset reads the page's rows", async () => {
  const folder = await mkdtemp(join(tmpdir(), "presets-"));
  const preset = blocks.find(({ language }) => language === "json")?.text ?? "";
  await writeFile(join(folder, "rows.jsonl"), blocks.find(({ language }) => language === "jsonl")?.text ?? "");
  const fields = [
    { name: "ref", type: DataType.VarChar, is_primary: true, params: { max_length: 20 } },
    { name: "v", type: DataType.FloatVector, params: { dim: 2 } },
  ];
  const schema = fixtureSchema({ fields, enable_dynamic_field: true } as never);
  const sources = await folderSources(folder);
  await using file = await sources.open(await sources.find(join(folder, "rows.jsonl")));
  expect(await readCanonicalRows(schema, openReader("jsonl", readerInput(schema, [file], { preset })))).toEqual([
    { ref: "a-1", v: [0.5, 1], $meta: { lang: "en" } },
    { ref: "a-2", v: [0.25, 0.75], $meta: {} },
  ]);
});
