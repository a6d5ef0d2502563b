import { describe, expect, it, test } from "@jest/globals";
import { milvus1Collections, milvus1Dump } from "@sluice/formats";
import fc from "fast-check";

const TABLES = "CREATE TABLE `tables` (\n  `table_id` text,\n  `state` int,\n  `dimension` int,\n  `engine_type` int,\n  `metric_type` int,\n  `owner_table` text,\n  `partition_tag` text,\n  `index_params` text,\n  KEY `k` (`state`)\n);\n"; // biome-ignore format: one statement
const FILES = "CREATE TABLE `TableFiles` (\n  `table_id` text,\n  `segment_id` text,\n  `file_type` int,\n  `row_count` int,\n  `created_on` bigint\n) ENGINE=InnoDB;\n"; // biome-ignore format: one statement

const escapes = new Map([
  ...["\\", "'", '"'].map((character) => [character, `\\${character}`] as const),
  ...([["\n", "\\n"], ["\r", "\\r"], ["\0", "\\0"], ["\x1a", "\\Z"]] as const), // biome-ignore format: a row
]);

const collectionsOf = (tables: string, files = "") => milvus1Collections(milvus1Dump(TABLES + FILES + tables + files), "db/meta.sql"); // biome-ignore format: one line
const table = (values: string) => `INSERT INTO \`Tables\` VALUES ${values};\n`;

describe("a dump of the meta store of Milvus 1.x", () => {
  it("has collections with their partitions, and raw segments in the order of their creation", () => {
    const rows = table(
      "('faces',0,4,11,2,'','',NULL),('12',0,4,11,2,'faces','2020 \\'a\\\\b','{}'),('gone',1,4,1,1,'','','')",
    );
    const files = "INSERT INTO `TableFiles` (`segment_id`, `table_id`, `file_type`, `row_count`, `created_on`) VALUES ('2','faces',7,5,20),('1','faces',1,3,10),('9','faces',4,1,5),\n('3','12',2,1,30);\n"; // biome-ignore format: one statement
    const [{ partitions }, ...others] = collectionsOf(rows, files);
    expect(others).toEqual([]);
    expect(
      partitions.map(({ id, name, segments }) => [id, name, segments.map((one) => [one.id, one.rowCount])]),
    ).toEqual([
      ["faces", "_default", [["1", 3], ["2", 5]]], // biome-ignore format: a row
      ["12", "_2020__a_b", [["3", 1]]],
    ]);
  });

  test.each([
    [1, 1, "FloatVector", "FLAT", "L2"],
    [6, 2, "FloatVector", "IVF_PQ", "IP"],
    [12, 1, "FloatVector", "HNSW", "L2"],
    [10, 3, "BinaryVector", "BIN_IVF_FLAT", "HAMMING"],
    [10, 6, "BinaryVector", "BIN_FLAT", "SUBSTRUCTURE"],
    [9, 5, "BinaryVector", "BIN_FLAT", "JACCARD"],
  ])("engine %s with metric %s is %s with %s and %s", (engine, metric, type, index, metricName) => {
    const [{ fields, indexes }] = collectionsOf(table(`('a',0,16,${engine},${metric},'','','{"nlist":64}')`));
    expect(fields[1].dataType).toBe(type === "BinaryVector" ? 100 : 101);
    expect(indexes[0].params.slice(0, 2).map(({ value }) => value)).toEqual([index, metricName]);
  });

  it.each([
    [
      "two partitions of one name",
      table("('a',0,4,1,1,'','',''),('1',0,4,1,1,'a','x y',''),('2',0,4,1,1,'a','x_y','')"),
      "would have one name: x_y",
    ],
    ["a folder elsewhere", table("('../a',0,4,1,1,'','','')"), '"../a" is no name of a folder'],
    ["a row that breaks off", table("('a',0,4"), "the MySQL dump is damaged"],
  ])("%s is refused", (_what, rows, reason) => {
    expect(() => collectionsOf(rows)).toThrow(reason);
  });

  it("any text comes out as mysqldump has escaped it", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (text) => {
        const escaped = [...text].map((character) => escapes.get(character) ?? character).join("");
        const { rows } = milvus1Dump(`${TABLES}${table(`('a',0,4,1,1,'','${escaped}','')`)}`);
        expect(rows.get("Tables")?.[0].partition_tag).toBe(text);
      }),
    );
  });
});
