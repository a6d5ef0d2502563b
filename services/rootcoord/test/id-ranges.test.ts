import { expect, it } from "@jest/globals";
import type { FileGroupRecord } from "@sluice/catalog";
import { fixtureSchema } from "@sluice/formats/testing";
import { parseImportOptions } from "@sluice/jobs";
import { DataType } from "@sluice/schema";
import { checkIdRanges } from "../src/jobs/id-ranges.ts";
import { pathListsOf } from "../src/jobs/path-lists.ts";

const schemaOf = (autoID: boolean) =>
  fixtureSchema({ fields: [{ name: "id", type: DataType.Int64, is_primary: true, autoID, auto_id: autoID }] } as never);
const groupOf = (path: string, ids: string, more: Partial<FileGroupRecord> = {}): FileGroupRecord => ({
  ...{ format: "jsonl", files: [{ path, source: "local", key: path, sizeBytes: 1, version: "1" }] },
  ...{ options: { pre_allocated_auto_ids: ids }, ...more },
});
const check =
  (groups: FileGroupRecord[], autoID = true, isBackup = false) =>
  () =>
    checkIdRanges(groups, schemaOf(autoID), { isBackup });

/** The lists of files of a document. */
function listsOf(...files: object[]) {
  const value = JSON.stringify({ external_data: { chunks: [{ files }] } });
  const { chunks } = parseImportOptions([{ key: "options", value }]);
  return pathListsOf({ files: [], fileGroups: [], chunks });
}
const ids = (begin: unknown, end: unknown) => ({ pre_allocated_auto_ids: { begin, end } });

it("ids of a file are an option of it, exact beyond 2^53", () => {
  const [list] = listsOf({ path: "a.jsonl", ...ids(5, "9223372036854775807") });
  expect(list.options).toEqual({ pre_allocated_auto_ids: "5:9223372036854775807" });
  const table = listsOf({ path: "a.npy", ...ids(5, 7) }, { path: "b.npy" });
  expect(table).toMatchObject([{ paths: ["a.npy", "b.npy"], options: { pre_allocated_auto_ids: "5:7" } }]);
});

it.each<[string, () => unknown, string]>([
  ["keys that are not automatic", check([groupOf("a", "1:2")], false), "'id' is not automatic (autoID=false)"],
  ["a backup", check([groupOf("a", "1:2")], true, true), "a backup has the keys"],
  ["keys of two files", check([groupOf("a", "5:9"), groupOf("b", "1:6")]), "b and a are given the key 5 both"],
  ["a folder", check([groupOf("d/a", "1:2", { from: "d/" })]), "'d/' stands for several files"],
  ["no keys", check([groupOf("a", "5:5")]), "from 5 to 5 (exclusive) there are no Int64 keys"],
  ["too large ones", check([groupOf("a", "9:9223372036854775809")]), "there are no Int64 keys"],
  ["too many", check([groupOf("a", "1:4294967298")]), "4294967297 keys are more than the 4294967295 rows"],
  ["two ranges of a table", () => listsOf({ path: "a.npy", ...ids(1, 2) }, { path: "b.npy", ...ids(2, 3) }), "differ"],
  ["what is no id", () => listsOf({ path: "a", ...ids(-1, 2) }), "pre_allocated_auto_ids.begin: Too small"],
])("%s: is refused", (_, act, words) => expect(act).toThrow(words));

it("ranges beside each other pass", () => {
  expect(check([groupOf("a", "5:9"), groupOf("b", "1:5"), { ...groupOf("c", ""), options: {} }])).not.toThrow();
});
