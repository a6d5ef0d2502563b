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

  it("refuses a name that two columns have, the first column too", async () => {
    await expect(look("id,id,x\n1,2,3\n")).rejects.toThrow("there is multi field with name: id");
    await expect(look("x,id,id\n1,2,3\n")).rejects.toThrow("there is multi field with name: id");
  });

  it("proposes the vectors of most rows where the column is called so, and says which rows are none", async () => {
    const text = 'embedding,prices\n"[0.5, 1]","[1.5, 2]"\n"[1, 2, 3]","[1.5]"\n"[3, 4]","[1.5, 2]"\n';
    const { columns, faults, schema } = await look(text);
    expect(columns).toMatchObject([{ fieldType: "FloatVector", dim: 2 }, { fieldType: "Array" }]);
    expect(faults).toMatchObject([{ row: 1, field: "embedding" }]);
    expect(schema.indexParams).toMatchObject([{ fieldName: "embedding" }]);
  });

  it.each([
    ["the first column with integers", "number,age\n1,31\n2,32\n", "number"],
    ["a column that is called like a key", "age,bookId\n31,a\n32,b\n", "bookId"],
    ["no column that is different by chance", "name,age\nAnn,31\nBob,32\n", "id"],
    ["no column without a name", ",name\n0,Ann\n1,Bob\n", "id"],
  ])("proposes as key %s", async (_, text, key) => {
    const { schema } = await look(text);
    expect(schema.fields.find(({ isPrimary }) => isPrimary)?.fieldName).toBe(key);
  });

  it("proposes no field for a column without a name, as pandas writes its index", async () => {
    const { schema } = await look(",name\n0,Ann\n1,Bob\n");
    expect(schema.fields.map(({ fieldName }) => fieldName)).toEqual(["id", "name"]);
    expect(schema.unsupported).toEqual([{ column: "", type: "integer" }]);
  });

  it.each([
    ["a semicolon", "id;title;vector\n1;Emma;[1,2]\n", '";"'],
    ["a tab", "id\ttitle\tvector\n1\tEmma\t[1,2]\n", String.raw`"\t"`],
    ["a bar", "id|vector\n1|[1,2]\n", '"|"'],
  ])("says that the separator seems to be %s", async (_, text, separator) => {
    const { faults } = await look(text);
    expect(faults[0].reason).toContain(`the separator seems to be ${separator}: the option 'sep' says so`);
  });

  it("says that the separator of a file for tabs seems to be a comma", async () => {
    const { faults } = await inspectGroup(
      "tsv",
      [await memoryFile("t.tsv", Buffer.from("id,title\n1,Emma\n\t2\n"))],
      {},
      signal,
    );
    expect(faults[0].reason).toContain(`the separator seems to be ",": the option 'sep' says so`);
  });

  it("says so where the quotes seem to be broken for it", async () => {
    await expect(look('id;title\n1;Emma\n"2";"Bo"\n')).rejects.toThrow("the separator seems to be");
    await expect(look('title\n"2";"Bo"\n')).rejects.not.toThrow("the separator seems to be");
  });

  it("says of a quote between tabs that it may be text", async () => {
    const file = await memoryFile("t.tsv", Buffer.from('id\ttitle\n1\ta "b"\n'));
    await expect(inspectGroup("tsv", [file], {}, signal)).rejects.toThrow("the option 'escape' (\\) says so");
    const { sample } = await inspectGroup("tsv", [file], { escape: "\\" }, signal);
    expect(sample).toMatchObject([{ id: 1, title: 'a "b"' }]);
  });

  it("proposes vectors that may be null where rows have none", async () => {
    const { schema } = await look('id,vector\n1,"[0.5, 1]"\n2,\n');
    expect(schema.fields[1]).toMatchObject({ dataType: "FloatVector", nullable: true });
  });

  async function look(text: string) {
    return inspectGroup("csv", [await memoryFile("t.csv", Buffer.from(text))], {}, signal);
  }
});
