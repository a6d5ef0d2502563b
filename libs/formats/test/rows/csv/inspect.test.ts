import { describe, expect, it } from "@jest/globals";
import { inspectGroup } from "@sluice/formats";
import { memoryFile } from "@sluice/object-store/testing";

describe("looking into CSV", () => {
  const signal = new AbortController().signal;

  it("tells its columns, rows and a collection for them", async () => {
    const text = 'id,title,score,flag,vector\n1,a,0.5,true,"[0.5, 1]"\n2,"b\nc",2,false,"[1, 2]"\n';
    const found = await inspectGroup("csv", [await memoryFile("t.csv", Buffer.from(text))], {}, signal);
    expect(found.columns).toMatchObject([
      { name: "id", type: "integer", fieldType: "Int64" },
      { name: "title", type: "string", fieldType: "VarChar" },
      { name: "score", type: "integer | number", fieldType: "Double" },
      { name: "flag", type: "boolean", fieldType: "Bool" },
      { name: "vector", type: "list", fieldType: "FloatVector", dim: 2 },
    ]);
    expect(found.sample).toMatchObject([
      { id: 1, vector: [0.5, 1] },
      { id: 2, title: "b\nc" },
    ]);
    expect(found.faults).toEqual([]);
  });

  it("looks at it as its options say", async () => {
    const text = "1|0,5\n2|\n";
    const options = { sep: "|", header: "false", columns: "id,x", decimal: "," };
    const found = await inspectGroup("csv", [await memoryFile("t.csv", Buffer.from(text))], options, signal);
    expect(found.columns.map(({ name }) => name)).toEqual(["id", "x"]);
    expect(found.columns[1]).toMatchObject({ type: "number", fieldType: "Double" });
    expect(found.sample).toMatchObject([{ id: 1, x: 0.5 }, { id: 2 }]);
  });
});
