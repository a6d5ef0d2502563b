import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { formatNamed } from "@sluice/formats";
import { fixtureSchema, readCanonicalRows, readerInput } from "@sluice/formats/testing";
import { DataType } from "@sluice/schema";
import { sourcesOf } from "../../../formats/format-files.ts";
import { bookFields, useServer } from "../../../support/index.ts";
import { adapt, Page, root, runAsUser } from "../../blocks.ts";

const fixture = useServer();
const page = new Page("docs/sources/json.md");
const table = readFileSync(join(root, "docs/sources/json.md"), "utf8").matchAll(
  /^\| ([^|]+) \| (`[^|]+`) \| [^|]+ \|$/gm,
);
/** Lines of an example are joined by what stands between them. */
const shapes = [...table].map(([, shape, cell]) => {
  const lines = cell.split(" ⏎ ").map((line) => line.slice(1, -1));
  return [shape, lines.join("\n")] as const;
});

describe("docs/sources/json.md", () => {
  it.each(shapes)("reads %s: %s", async (_, text) => {
    const schema = fixtureSchema({ fields: [{ name: "id", type: DataType.Int64, is_primary: true }] });
    for (const format of ["json", "jsonl"]) {
      const input = readerInput(schema, await sourcesOf({ "id.json": Buffer.from(text) }));
      expect(await readCanonicalRows(schema, formatNamed(format).open(input))).toEqual([{ id: 1 }, { id: 2 }]);
    }
  });

  it("has all shapes", () => expect(shapes).toHaveLength(14));

  it("runs as written: lines with objects in them, rows that lie deep", async () => {
    const { client, server, importRoot } = fixture;
    await client.createCollection({ name: "books", fields: [bookFields.id, bookFields.vector] });
    for (const words of ["answers.jsonl", "table.json"]) {
      const text = adapt(page.block(words), { "localhost:19530": server.address });
      const { data } = JSON.parse(await runAsUser("sh", ["-ec", text], importRoot));
      expect(await client.waitFor(BigInt(data.jobId))).toMatchObject({ isCompleted: true, rowCount: 2 });
    }
    const rows = await client.query("books", "", ["id", "vector"], { limit: 4 });
    expect(rows.map(({ id }) => id)).toEqual([1n, 2n, 3n, 4n]);
    expect(rows[3].vector).toEqual([5, 6, 7, 8]);
    expect(page.left).toEqual([]);
  });
});
