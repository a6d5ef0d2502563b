import { describe, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import fc from "fast-check";
import { unpickle } from "../../src/stores/pickle/unpickle.ts";
import { sqliteFormat } from "../../src/stores/sqlite/index.ts";
import { expectDamageIsTold, readFiles, refusal } from "../arrays/array-files.ts";
import { expected, filesOf, membersOf } from "./store-files.ts";

const storage = (name: string) => `qdrant/collection/${name}/storage.sqlite`;

describe("points that qdrant-client keeps without a server", () => {
  it("come with all of their payload", async () => {
    const rows = await membersOf(sqliteFormat, filesOf(storage("docs")));
    const [first, second] = expected["qdrant/docs"];
    expect(rows[0]).toEqual({
      ...first,
      payload: { ...(first.payload as object), big: { $int: "1152921504606846976" } },
    });
    expect(rows[1]).toEqual({ ...second, vector: (second.vector as number[]).map((x) => expect.closeTo(x, 6)) });
    expect(rows).toHaveLength(2);
  });

  it("have named and sparse vectors under their names", async () => {
    const [{ id, vector, payload }] = expected["qdrant/named"];
    expect(await membersOf(sqliteFormat, filesOf(storage("named")))).toEqual([{ id, ...(vector as object), payload }]);
  });

  it("go into fields by the preset", async () => {
    const schema = collection([
      field("key", DataType.VarChar, { isPrimaryKey: true, maxLength: 64 }),
      field("a", DataType.FloatVector, { dim: 2 }),
      field("s", DataType.SparseFloatVector),
      field("$meta", DataType.JSON, { isDynamic: true }),
    ]);
    const { rows } = await readFiles(sqliteFormat, filesOf(storage("named")), {
      schema: { ...schema, enableDynamicField: true },
      options: { preset: "qdrant" },
    });
    const s = { indices: [1, 5], values: [0.5, 0.25] };
    expect(rows).toEqual([{ key: "00000000-0000-0000-0000-000000000005", a: [1.5, 2], s, $meta: { k: "v" } }]);
  });

  it("of a folder with several collections are those of the one that is named", async () => {
    const files = { ...filesOf(storage("docs")), ...filesOf(storage("named")) };
    expect(await membersOf(sqliteFormat, files, { table: "named" })).toHaveLength(1);
    expect((await refusal(sqliteFormat, files)).reason).toContain(
      "several collections, choose one by the option table: [docs, named]",
    );
  });

  it("that are damaged are an error, or rows", () => {
    const [[name, bytes]] = Object.entries(filesOf(storage("docs")));
    return expectDamageIsTold(sqliteFormat, name, bytes, { runs: 60 });
  });
});

describe("a pickle", () => {
  const ofText = (text: string) => unpickle(Buffer.from(text, "latin1"), new Set(["a.B"]));

  it("is never executed", () => {
    expect(() => ofText("\x80\x04cos\nsystem\n\x8c\x02ls\x85R.")).toThrow("objects of os.system, which are not read");
    expect(() => ofText("\x80\x02ca\nB\n)R.")).toThrow("opcode 0x52 at byte 8 of the pickle is not read");
  });

  it("of any bytes is an error or a value", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(bytes, (some) => {
        try {
          unpickle(some, new Set());
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
