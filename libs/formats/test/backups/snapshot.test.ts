import { describe, expect, it } from "@jest/globals";
import { jsonPointer, readManifest, snapshotCollection, snapshotMetadata, writeManifest } from "@sluice/formats";
import fc from "fast-check";
import { manifestByAvsc, manifestBytesByAvsc } from "../../../../test/support/snapshot-schema.ts";
import { nestedPath } from "../../src/backups/snapshot/json-path.ts";

const long = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const int = fc.integer();
const text = fc.string({ unit: "grapheme", maxLength: 12 });
const texts = fc.array(text, { maxLength: 3 });
const position = fc.record({
  ...{ channel_name: text, msg_group: text, timestamp: long },
  msg_id: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
});
const logs = fc.array(
  fc.record({
    ...{ field_id: long, child_fields: fc.array(long, { maxLength: 3 }), format: text },
    binlogs: fc.array(
      fc.record({
        ...{
          entries_num: long,
          timestamp_from: long,
          timestamp_to: long,
          log_path: text,
          log_size: long,
          log_id: long,
        },
        memory_size: long,
      }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 3 },
);
const stats = { field_id: long, version: long, files: texts, log_size: long, memory_size: long, build_id: long };
const ofField = (more: object) =>
  fc.array(fc.record({ field_id: long, stats: fc.record({ ...stats, ...more }) }), { maxLength: 2 });
const indexFiles = fc.record({
  ...{ segment_id: long, field_id: long, index_id: long, build_id: long, index_name: text, index_file_paths: texts },
  index_params: fc.array(fc.record({ key: text, value: text }), { maxLength: 2 }),
  ...{ serialized_size: long, index_version: long, num_rows: long, current_index_version: int, mem_size: long },
  ...{ current_scalar_index_version: int, index_store_path_version: int },
});

/** All members of a manifest of version 4. */
const entry = fc.record({
  ...{ segment_id: long, partition_id: long, segment_level: fc.constantFrom(1n, 2n), channel_name: text },
  ...{ num_of_rows: fc.bigInt(0n, 2n ** 50n), start_position: position, dml_position: position },
  ...{ storage_version: fc.bigInt(0n, 3n), is_sorted: fc.boolean(), commit_timestamp: long },
  ...{ binlog_files: logs, deltalog_files: logs, statslog_files: logs, bm25_statslog_files: logs },
  index_files: fc.array(indexFiles, { maxLength: 2 }),
  ...{ text_index_files: ofField({}), json_key_index_files: ofField({ json_key_stats_data_format: long }) },
});
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;

const pathsOf = (fields: Entry["binlog_files"]) =>
  fields.flatMap(({ field_id, binlogs }) => binlogs.map(({ log_path: path }) => ({ fieldId: String(field_id), path })));

describe("the manifest of a segment", () => {
  it("is written as avsc reads it, to the last byte", () => {
    fc.assert(fc.property(entry, (one) => expect({ ...manifestByAvsc(writeManifest(one as never)) }).toEqual(one)));
  });

  it("is read as avsc writes it", () => {
    fc.assert(
      fc.property(entry, (one) => {
        expect(readManifest("a.avro", manifestBytesByAvsc(one), 4)).toEqual({
          ...{
            segmentId: String(one.segment_id),
            partitionId: String(one.partition_id),
            isL0: one.segment_level === 1n,
          },
          ...{ rowCount: Number(one.num_of_rows), storageVersion: Number(one.storage_version) },
          commitTs: BigInt.asUintN(64, one.commit_timestamp),
          ...{ insertLogs: pathsOf(one.binlog_files), deltaLogs: pathsOf(one.deltalog_files) },
        });
      }),
    );
  });

  it("that is cut short, goes on, or is of another version, is damaged, with its path", () => {
    const whole = (one: Entry, cut: number) => manifestBytesByAvsc(one).subarray(0, cut);
    fc.assert(
      fc.property(entry, fc.nat(), (one, at) => {
        const bytes = manifestBytesByAvsc(one);
        const read = (part: Uint8Array) => () => readManifest("m/1.avro", part, 4);
        expect(read(whole(one, at % bytes.length))).toThrow(/malformed_file: the Avro file is damaged: .*m\/1\.avro/);
        expect(read(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(/goes on behind its end/);
      }),
    );
  });
});

describe("where an index into JSON points", () => {
  it.each([
    ['j["a"]["b"]', "/a/b"],
    ["j['a'][0]", "/a/0"],
    ['j["a/b"]["~"]', "/a~1b/~0"],
    ["j", ""],
  ])("%s is %s", (path, pointer) => expect(jsonPointer(path, "j")).toBe(pointer));

  it("is a dynamic key by its name", () => expect(jsonPointer("color", "$meta")).toBe("/color"));

  it("is read back", () => {
    const key = fc.string({ unit: fc.constantFrom("a", "/", "~", " ", "ü") });
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        const path = `j${keys.map((one) => `["${one}"]`).join("")}`;
        expect(nestedPath(jsonPointer(path, "j"), "j")).toBe(path);
      }),
    );
    expect(nestedPath("already", "j")).toBe("already");
  });
});

describe("the metadata of a snapshot", () => {
  const field = (fieldID: string, name: string, more: object) => ({ fieldID, name, data_type: "Int64", ...more });
  const metadata = (more: object = {}, fields: readonly object[] = []) =>
    JSON.stringify({
      format_version: 4,
      snapshot_info: { collection_id: "5" },
      collection: { schema: { name: "books", fields }, partitions: { _default: "6" } },
      ...more,
    });
  const read = (text: string) => snapshotMetadata("m.json", text);

  it.each([
    ["bool_data", true, [8, 1]],
    ["int_data", -1, [16, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
    ["long_data", "300", [24, 172, 2]],
    ["float_data", 0.5, [37, 0, 0, 0, 63]],
    ["double_data", "NaN", [41, 0, 0, 0, 0, 0, 0, 248, 127]],
    ["string_data", "é", [50, 2, 195, 169]],
    ["bytes_data", "e30=", [58, 2, 123, 125]],
    ["timestamptz_data", "1", [64, 1]],
  ])("has a default by %s", (member, value, bytes) => {
    const { collection } = read(metadata({}, [field("100", "a", { default_value: { [member]: value } })]));
    expect([...(collection.fields[0].defaultValue ?? [])]).toEqual(bytes);
  });

  it("may have the numbers of enums in place of their names", () => {
    const { collection } = read(metadata({ layout: 2 }, [field("100", "a", { data_type: 21, is_primary_key: true })]));
    expect(collection.fields).toMatchObject([{ dataType: 21, isPrimaryKey: true, defaultValue: undefined }]);
  });

  it.each<[what: string, text: string, message: RegExp]>([
    [
      "a newer version",
      metadata({ format_version: 6 }),
      /unsupported: the snapshot is of format version 6: versions up to 5/,
    ],
    [
      "a type that is not known",
      metadata({}, [field("100", "a", { data_type: "Tensor" })]),
      /has "Tensor", which is not known/,
    ],
    ["a manifest of version 3 that says no version", metadata({ storagev2_manifest_list: [{ segment_id: "9", manifest: '{"vers":1}' }] }), /a manifest is "\{"vers":1\}": expected \{"ver":N/], // biome-ignore format: a row
    ["a manifest of no segment", metadata({ manifest_list: ["x/y.txt"] }), /a manifest is "x\/y.txt"/],
    [
      "a version that is no number",
      metadata({ format_version: "x" }),
      /malformed_file: .*format_version is "x", no number/,
    ],
    ["a field without a number", metadata({}, [field("x", "a", {})]), /fieldID is "x", no number/],
    [
      "two fields of one id",
      metadata({}, [field("100", "a", {}), field("100", "b", {})]),
      /two fields with the id 100/,
    ],
    [
      "two partitions of one id",
      metadata({ collection: { schema: { name: "books" }, partitions: { a: "6", b: "6" } } }),
      /two partitions with the id 6/,
    ],
    [
      "a default that is not known",
      metadata({}, [field("100", "a", { default_value: { tensor_data: "1" } })]),
      /unsupported: a default is "tensor_data", which is not known/,
    ],
    [
      "a default that is no number",
      metadata({}, [field("100", "a", { default_value: { long_data: "x" } })]),
      /malformed_file: .*long_data is "x", no number/,
    ],
    ["no JSON", "{", /malformed_file: the backup's meta is no JSON/],
  ])("with %s is refused, with its path", (_what, text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(/m\.json/);
  });

  const segment = (segmentId: string, more: object = {}) => ({
    ...{ segmentId, partitionId: "6", isL0: false, rowCount: 3, storageVersion: 0, commitTs: 0n },
    ...{ insertLogs: [{ fieldId: "100", path: "x/insert_log/5/6/1/100/8" }], deltaLogs: [], ...more },
  });

  it.each<[what: string, ids: string[], segments: object[], message: RegExp]>([
    ["without the manifest of a segment", ["1", "2"], [segment("1")], /segment 2 has no manifest/],
    ["with a manifest twice", [], [segment("1"), segment("1")], /2 manifests are of other segments/],
    [
      "with one that it does not name",
      ["1"],
      [segment("1"), segment("2")],
      /2 manifests are of other segments than the 1/,
    ],
    ["with a segment of no partition", [], [segment("1", { partitionId: "7" })], /segment 1 is of partition 7/],
    [
      "with rows without logs",
      ["1"],
      [segment("1", { insertLogs: [] })],
      /segment 1 has 3 rows, and its manifest no logs/,
    ],
    ["with a segment of version 9", [], [segment("1", { storageVersion: 9 })], /segment 1 .* storage version 9/],
  ])("%s is refused", (_what, segment_ids, segments, message) => {
    expect(() => snapshotCollection(read(metadata({ segment_ids })), segments as never)).toThrow(message);
  });

  it("has L0 segments with their partition, or with all", () => {
    const logs = { isL0: true, insertLogs: [], deltaLogs: [{ fieldId: "0", path: "x/delta_log/5/6/1/9" }] };
    const manifests = [segment("1", logs), segment("2", { ...logs, partitionId: "-1" })];
    const { partitions, l0Segments } = snapshotCollection(read(metadata()), manifests as never);
    expect(partitions[0].segments).toMatchObject([{ id: "1", rowCount: 0, logs: [], deltas: ["9"] }]);
    expect(l0Segments).toMatchObject([{ id: "2", deltas: ["9"] }]);
  });
});
