import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { icebergFiles, newestMetadata } from "@sluice/formats";
import fc from "fast-check";
import { readAvro } from "../src/avro/container.ts";
import { writeDatum } from "../src/avro/write-datum.ts";

const metadata = join(import.meta.dirname, "../../../test/fixtures/tables/iceberg/metadata");
const manifests = readdirSync(metadata).filter((name) => name.endsWith(".avro"));
const bytesOf = (name: string) => readFileSync(join(metadata, name));

describe("Avro files of Iceberg", () => {
  it("are read as their records", () => {
    const entries = manifests.filter((name) => !name.startsWith("snap")).flatMap((name) => readAvro(bytesOf(name)));
    expect(entries.length).toBeGreaterThan(3);
    for (const { status, data_file } of entries) {
      expect([0, 1, 2]).toContain(status);
      expect(data_file).toMatchObject({ file_format: "PARQUET", record_count: expect.any(Number) });
    }
  });

  it("with a block that does not end in the file's mark are damaged", () => {
    const bytes = Buffer.from(bytesOf(manifests[0]));
    bytes[bytes.length - 1] ^= 1;
    expect(() => readAvro(bytes)).toThrow(/the Avro file is damaged: a block does not end in the mark of the file/);
  });

  it("with any bytes changed or cut off give records or an error", () => {
    const files = manifests.map(bytesOf);
    fc.assert(
      fc.property(fc.nat(files.length - 1), fc.nat(), fc.nat(255), fc.option(fc.nat()), (index, at, value, cut) => {
        const bytes = Buffer.from(files[index]);
        bytes[at % bytes.length] = value;
        try {
          readAvro(cut === null ? bytes : bytes.subarray(0, cut % bytes.length));
        } catch (error) {
          expect(error).toBeInstanceOf(ImportError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("Iceberg tables", () => {
  const list = (content: number) => ({ location: "s3://b/t", "format-version": content });

  it("have the metadata of the greatest version", () => {
    const names = [
      "00002-b.metadata.json",
      "00010-a.metadata.json",
      "v3.metadata.json",
      "snap-1.avro",
      "x.metadata.json",
    ];
    expect(newestMetadata(names)).toBe("00010-a.metadata.json");
    expect(newestMetadata(["v3.gz.metadata.json", "v12.metadata.json"])).toBe("v12.metadata.json");
    expect(newestMetadata(["snap-1.avro"])).toBeUndefined();
  });

  it("without a snapshot have no files", async () => {
    expect(await icebergFiles(JSON.stringify(list(1)), "t/", async () => new Uint8Array(0))).toEqual([]);
  });

  const bound = {
    type: "record",
    name: "bound",
    fields: [
      { name: "key", type: "int" },
      { name: "value", type: "bytes" },
    ],
  };
  const dataFile = {
    type: "record",
    name: "file",
    fields: [
      { name: "content", type: "int" },
      { name: "file_path", type: "string" },
      { name: "file_format", type: "string" },
      { name: "lower_bounds", type: { type: "array", items: bound } },
      { name: "upper_bounds", type: { type: "array", items: "bound" } },
    ],
  };
  const schema = {
    type: "record",
    name: "entry",
    fields: [
      { name: "status", type: "int" },
      { name: "sequence_number", type: "long" },
      { name: "data_file", type: dataFile },
    ],
  };
  const [ROWS, PLACES, VALUES] = [0, 1, 2];
  /** @param about the only file that deletes concern, as Spark bounds its name; of others `a` to `z` */
  function entry(content: number, sequence: number, about?: string, status = 1) {
    const bounds = (value: string) => [{ key: 2_147_483_546, value: Buffer.from(value) }];
    const [low, high] = about === undefined ? ["a", "z"] : [about, about];
    const paths = { [ROWS]: `s3://b/t/data/${sequence}.parquet` };
    return {
      ...{ status, sequence_number: sequence },
      data_file: {
        ...{ content, file_format: "PARQUET", file_path: paths[content] ?? `s3://b/t/data/${sequence}-deletes` },
        ...{ lower_bounds: bounds(low), upper_bounds: bounds(high) },
      },
    };
  }
  function manifest(entries: readonly ReturnType<typeof entry>[]): Buffer {
    const [sync, text] = [Buffer.alloc(16, 7), Buffer.from(JSON.stringify(schema))];
    const body = Buffer.concat(entries.map((one) => writeDatum(schema as never, one)));
    const notes = [writeDatum("long", 1), writeDatum("string", "avro.schema"), writeDatum("bytes", text), Buffer.of(0)];
    const head = [writeDatum("long", entries.length), writeDatum("long", body.length)];
    return Buffer.concat([Buffer.from("Obj\x01"), ...notes, sync, ...head, body, sync]);
  }
  async function filesOf(...entries: ReturnType<typeof entry>[]) {
    const snapshots = [{ "snapshot-id": 1, manifests: ["s3://b/t/m.avro"] }];
    const found = [1, 2, 3].map(async (version) => {
      const text = JSON.stringify({ ...list(version), "current-snapshot-id": 1, snapshots });
      return await icebergFiles(text, "t/", async () => manifest(entries));
    });
    const [first, ...others] = await Promise.all(found);
    for (const other of others) expect(other).toEqual(first);
    return first;
  }
  const refused = "rows of its files are deleted by delete files: compact the table (rewrite_data_files";

  it("whose rows are deleted by delete files are refused", async () => {
    await expect(filesOf(entry(ROWS, 1), entry(PLACES, 2))).rejects.toThrow(refused);
    await expect(filesOf(entry(ROWS, 2), entry(PLACES, 2))).rejects.toThrow(refused);
    await expect(filesOf(entry(ROWS, 2), entry(PLACES, 2, "s3://b/t/data/2.parquet"))).rejects.toThrow(refused);
    await expect(filesOf(entry(ROWS, 1), entry(VALUES, 2))).rejects.toThrow(refused);
  });

  it("whose delete files concern no row any more, as they stay when its files are written anew, are read", async () => {
    const rows = [entry(ROWS, 3)];
    for (const left of [
      entry(PLACES, 2),
      entry(PLACES, 3, "s3://b/t/data/1.parquet"),
      entry(VALUES, 3),
      // One that the snapshot has removed.
      entry(PLACES, 3, undefined, 2),
    ])
      expect(await filesOf(...rows, left)).toEqual(["data/3.parquet"]);
  });
});
