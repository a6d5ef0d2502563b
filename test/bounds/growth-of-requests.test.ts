import { describe, expect, it } from "@jest/globals";
import { groupFlatFiles, milvus1Dump } from "@sluice/formats";
import { parseGoDuration, parseImportSpec } from "@sluice/jobs";
import { DataType, type FieldSchema, memberName } from "@sluice/schema";
import {
  dropRepeatedKeys,
  findJsonError,
  parseSparseJson,
  parseStrictJson,
  parseTimestamptz,
  wktToWkb,
} from "@sluice/values";
import { checkVolumeName, filePathOf, folderPathOf, parsePartList, parseSignature } from "@sluice/volumes";
import { isPickled, parseDtype } from "../../libs/formats/src/arrays/dtype.ts";
import { parsePythonDict } from "../../libs/formats/src/arrays/npy/python-literal.ts";
import { vectorCell } from "../../libs/formats/src/vector-cells.ts";
import { checkProperties } from "../../services/rootcoord/src/ddl/check-properties.ts";
import { parseIndexParams } from "../../services/rootcoord/src/ddl/index-params.ts";
import { checkCollectionName } from "../../services/rootcoord/src/ddl/names.ts";
import { schemaOf } from "../../services/rootcoord/test/ddl/harness.ts";
import { superlinear } from "../support/growth.ts";

/** `before`, then one piece again and again, then `behind`. */
const text = (before: string, piece: string, behind = "") => [before, piece, behind] as const;
type Shape = ReturnType<typeof text>;

function grows([before, piece, behind]: Shape, run: (input: string) => unknown): string | undefined {
  return superlinear((size) => before + piece.repeat(Math.ceil(size / piece.length)) + behind, run as never);
}

const json = (input: string) => findJsonError(Buffer.from(input));
const keys = (input: string) => dropRepeatedKeys(Buffer.from(input));
const sparse = (input: string) => parseSparseJson(Buffer.from(input));
const time = (input: string) => parseTimestamptz(input, "UTC");
/** It refuses all of another length. */
const vectorText = (form: "text" | "hex" | "base64") => (input: string) => {
  try {
    return vectorCell(form, { name: "v", dataType: DataType.FloatVector, dim: 2 } as FieldSchema)(Buffer.from(input));
  } catch (error) {
    return error;
  }
};
/** It refuses keys that stand twice. */
const strictly = (input: string) => {
  try {
    return parseStrictJson("options", input);
  } catch (error) {
    return error;
  }
};
const refused = (run: (input: string) => unknown) => (input: string) => {
  try {
    return run(input);
  } catch (error) {
    return error;
  }
};
const signature = (authorization: string) => parseSignature({ method: "PUT", url: "/", headers: { authorization } }, 0);
const property = (key: string) => (value: string) => checkProperties([[key, value]], schemaOf());

describe("the time of checking what clients send is linear in its length", () => {
  it.each<[string, Shape, (input: string) => unknown]>([
    ["a duration of digits", text("", "1", "x"), parseGoDuration],
    ["a duration of parts", text("", "1.5h", "x"), parseGoDuration],
    ["an option's key", text("", "a"), (key) => parseImportSpec([{ key, value: "" }])],
    ["an option's value", text("", "1"), (value) => parseImportSpec([{ key: "timeout", value }])],
    ["an options document of keys", text('{"":1', ',"a":"b"', "}"), (document) => strictly(document)],
    ["an options document of lists", text("[", "[],", "1]"), (document) => strictly(document)],
    ["a vector of blanks", text("1", " ", "2"), vectorText("text")],
    ["a vector of commas", text("[1", " ,", "2]"), vectorText("text")],
    ["a vector of brackets", text("", "]", "x"), vectorText("text")],
    ["a vector in hex", text("", "0", "x"), vectorText("hex")],
    ["a vector in base64", text("", "=", "x"), vectorText("base64")],
    ["a path of slashes", text("", "/", "x.json"), (path) => groupFlatFiles([path])],
    ["a path of points", text("", ".", "x"), (path) => groupFlatFiles([path])],
    ["a dump of statements that break off", text("", "INSERT INTO `Tables` (\n", ""), refused(milvus1Dump)],
    ["a dump of columns", text("CREATE TABLE `Tables` (\n", " `a` int,\n", "\n)"), refused(milvus1Dump)],
    ["a dump of blanks", text("CREATE TABLE `Tables` (", " \n", "\n)"), refused(milvus1Dump)],
    [
      "a dump of quotes",
      text("CREATE TABLE `Tables` (\n `a` int\n);\nINSERT INTO `Tables` VALUES ('", "''", ""),
      refused(milvus1Dump),
    ],
    ["a list of paths", text("", "a.json,", "b"), (paths) => groupFlatFiles(paths.split(","))],
    ["a collection's name", text("", "a", "-"), checkCollectionName],
    ["a member's name", text("", "[", "]"), memberName],
    ["a time to live", text("", "1", "x"), property("collection.ttl.seconds")],
    ["a time zone", text("", "A/"), property("timezone")],
    ["parameters of an index", text('{"a":', "[", "]}"), (value) => parseIndexParams([{ key: "params", value }])],
    ["digits of a parameter", text('{"a":', "1", "}"), (value) => parseIndexParams([{ key: "params", value }])],
    ["a geometry of digits", text("POINT (", "1", " 1)"), wktToWkb],
    ["a geometry of blanks", text("POINT ", " ", "(1 1)"), wktToWkb],
    ["a geometry of points", text("LINESTRING (0 0", ", 1 1", ")"), wktToWkb],
    ["a geometry of letters", text("", "A"), wktToWkb],
    ["a geometry of lists", text("POLYGON (", "(0 0),", "(0 0))"), wktToWkb],
    ["nested geometries", text("", "GEOMETRYCOLLECTION ("), wktToWkb],
    ["a time's fraction", text("2024-01-01T00:00:00.", "1", "x"), time],
    ["a sparse vector of blanks", text("{", " ", "}"), sparse],
    ["a sparse vector of one key", text("{", '"1":1,', '"1":1}'), sparse],
    ["a sparse vector's digits", text('{"1":', "1", "}"), sparse],
    ["JSON of brackets", text("", "["), json],
    ["JSON of closing brackets", text("[", "]"), json],
    ["JSON of digits", text("", "1"), json],
    ["JSON of digits in a list", text("[", "1", "e999]"), json],
    ["JSON of escapes", text('"', "\\u00e4", '"'), json],
    ["JSON of half characters", text('"', "\\ud800", '"'), json],
    ["JSON of blanks", text("", " ", "x"), json],
    ["keys of one object", text("{", '"a":1,', '"b":1}'), keys],
    ["keys with escapes", text("{", '"\\u0061":1,', '"b":1}'), keys],
    ["keys of nested objects", text('{"a":[', '{"a":1,"a":2},', "0]}"), keys],
    ["a NumPy header of brackets", text("{'descr': ", "["), parsePythonDict],
    ["a NumPy header of digits", text("{'shape': (", "1", ",)}"), parsePythonDict],
    ["a NumPy header of items", text("{'shape': (", "1,", ")}"), parsePythonDict],
    ["a NumPy header of text", text("{'descr': '", "a", "'}"), parsePythonDict],
    ["a NumPy header of escapes", text("{'descr': '", "\\\\", "'}"), parsePythonDict],
    ["a NumPy type of digits", text("<f", "1", "x"), parseDtype],
    ["a NumPy type of objects", text("", '"O1'), isPickled],
    ["a volume's name", text("", "a", "."), refused(checkVolumeName)],
    ["a path in a volume of slashes", text("", "/", "x"), refused(filePathOf)],
    ["a folder in a volume of blanks", text("", " ", "/"), refused(folderPathOf)],
    ["a list of open parts", text("", "<Part>"), refused(parsePartList)],
    ["a list of quotes", text("<Part><ETag>", "&quot;", "</ETag></Part>"), refused(parsePartList)],
    ["a signature of fields", text("AWS4-HMAC-SHA256 ", "a=b,"), refused(signature)],
    ["a signature of blanks", text("AWS4-HMAC-SHA256 ", " ", "x"), refused(signature)],
  ])("%s", (_, shape, run) => {
    expect(grows(shape, run)).toBeUndefined();
  });
});
