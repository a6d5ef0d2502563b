import { expect, it } from "@jest/globals";
import { bookCollection, books, itWith, pythonOf, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/search.md");

it("runs as written: groups of rows are counted", async () => {
  const { client, files, server, importRoot } = fixture;
  await client.createCollection(bookCollection("books"));
  await client.importAndWait("books", await files.jsonl("books.jsonl", books(300)));
  const commands = adapt(page.block("groupByFields"), { "localhost:19530": server.address });
  const output = JSON.parse(await runAsUser("sh", ["-ec", commands], importRoot));
  expect(output).toMatchObject({
    code: 0,
    data: [{ year: expect.anything(), "min(title)": expect.any(String) }, {}, {}],
  });
  const counts = output.data.map((row: Record<string, string>) => Number(row["count(*)"]));
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
});

itWith("pymilvus-3.0.1")("runs as written: groups, elements, marks, chains and buckets of hits", async () => {
  const { server, importRoot } = fixture;
  const places = { "localhost:19530": server.address };
  const python = async (text: string) => {
    const output = await runAsUser(pythonOf("pymilvus-3.0.1"), ["-c", adapt(page.block(text), places)], importRoot);
    return output.split("\n").filter((line) => line !== "" && !line.includes("[WARNING]"));
  };
  await python("create_collection");
  expect(await python("group_by_fields")).toEqual(["[(1, 1991, 'fable'), (2, 1990, 'fable'), (4, 1990, 'verse')]"]);
  expect(await python("best = client")).toEqual(["2 1 0.0", "1 1 1.0", "2 2 1.0", "[2, 1]", "[1, 2]"]);
  expect(await python("LexicalHighlighter")).toEqual(["2 ['<b>fox</b>']", "1 ['<b>fox</b> and a hen']"]);
  expect(await python("FunctionChain")).toEqual(["[(1, 1.0), (2, 1.5)]"]);
  expect(await python("SearchAggregation")).toEqual([
    "['fable'] 2 {'newest': 1991} [1, 2]",
    "['verse'] 1 {'newest': 1990} [4]",
  ]);
  const commands = adapt(page.block("annsField"), places);
  const answers = (await runAsUser("sh", ["-ec", commands], importRoot)).split(/(?<=\})(?=\{"code")/);
  const [searched, queried] = answers.map((answer) => JSON.parse(answer).data as { id: string; offset: number }[]);
  expect(searched.map(({ id, offset }) => [id, offset])).toEqual([["2", 1], ["1", 1], ["2", 2]]); // biome-ignore format: short
  expect(queried.map(({ offset }) => offset)).toEqual([1, 2]);
  expect(page.left).toEqual([]);
});
