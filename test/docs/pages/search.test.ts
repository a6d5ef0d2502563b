import { expect } from "@jest/globals";
import { itWith, pythonOf, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/search.md");

itWith("pymilvus-3.0.1")("runs as written: nearest rows, groups, elements, marks, chains, buckets", async () => {
  const { server, importRoot } = fixture;
  const places = { "localhost:19530": server.address };
  const python = async (text: string) => {
    const output = await runAsUser(pythonOf("pymilvus-3.0.1"), ["-c", adapt(page.block(text), places)], importRoot);
    return output.split("\n").filter((line) => line !== "" && !line.includes("[WARNING]"));
  };
  const rest = async (text: string) => {
    const output = await runAsUser("sh", ["-ec", adapt(page.block(text), places)], importRoot);
    return output.split(/(?<=\})(?=\{"code")/).map((answer) => JSON.parse(answer).data);
  };
  await python("create_collection");
  const nearest = "[(1, 0.0, 'a fox and a hen'), (3, 4.0, 'a crow')]";
  expect(await python('filter="year == 1991"')).toEqual([nearest]);
  const [[first, second]] = await rest('"filter": "year == 1991"');
  expect([first, second]).toMatchObject([
    { id: "1", distance: 0, text: "a fox and a hen" },
    { id: "3", distance: 4 },
  ]);
  expect(await rest("groupByFields")).toEqual([
    [
      { genre: "fable", "count(*)": "3", "min(year)": 1990 },
      { genre: "verse", "count(*)": "1", "min(year)": 1990 },
    ],
  ]);
  expect(await python("group_by_fields")).toEqual(["[(1, 1991, 'fable'), (2, 1990, 'fable'), (4, 1990, 'verse')]"]);
  expect(await python("best = client")).toEqual(["2 1 0.0", "1 1 1.0", "2 2 1.0", "[2, 1]", "[1, 2]"]);
  expect(await python("LexicalHighlighter")).toEqual(["2 ['<b>fox</b>']", "1 ['<b>fox</b> and a hen']"]);
  expect(await python("FunctionChain")).toEqual(["[(1, 1.0), (2, 1.5)]"]);
  expect(await python("SearchAggregation")).toEqual([
    "['fable'] 2 {'newest': 1991} [1, 2]",
    "['verse'] 1 {'newest': 1990} [4]",
  ]);
  const [searched, queried]: { id: string; offset: number }[][] = await rest(
    'element_filter(lines, $[n] > 0)", "limit',
  );
  expect(searched.map(({ id, offset }) => [id, offset])).toEqual([["2", 1], ["1", 1], ["2", 2]]); // biome-ignore format: short
  expect(queried.map(({ offset }) => offset)).toEqual([1, 2]);
  expect(page.left).toEqual([]);
});
