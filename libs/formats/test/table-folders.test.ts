import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { icebergFiles, newestMetadata } from "@sluice/formats";
import fc from "fast-check";
import { readAvro } from "../src/avro/container.ts";

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

  it("whose rows are deleted by delete files are refused", async () => {
    const snapshots = [{ "snapshot-id": 1, manifests: ["s3://b/t/m.avro"] }];
    const text = JSON.stringify({ ...list(1), "current-snapshot-id": 1, snapshots });
    const schema = {
      type: "record",
      name: "entry",
      fields: [
        { name: "status", type: "int" },
        {
          name: "data_file",
          type: {
            type: "record",
            name: "file",
            fields: [
              { name: "content", type: "int" },
              { name: "file_path", type: "string" },
              { name: "file_format", type: "string" },
            ],
          },
        },
      ],
    };
    const entry = (content: number, status = 1) => [
      2 * status,
      2 * content,
      16,
      ...Buffer.from("s3://b/t"),
      14,
      ...Buffer.from("PARQUET"),
    ];
    const avro = (...entries: number[][]) => {
      const body = entries.flat();
      const header = Buffer.from(JSON.stringify(schema));
      const size = [((header.length * 2) & 0x7f) | 0x80, (header.length * 2) >> 7];
      const sync = new Array(16).fill(7);
      return Buffer.from([
        ...Buffer.from("Obj\x01"),
        2,
        22,
        ...Buffer.from("avro.schema"),
        ...size,
        ...header,
        0,
        ...sync,
        2 * entries.length,
        ...(body.length < 64 ? [2 * body.length] : [((2 * body.length) & 0x7f) | 0x80, (2 * body.length) >> 7]),
        ...body,
        ...sync,
      ]);
    };
    await expect(icebergFiles(text, "t/", async () => avro(entry(1)))).rejects.toThrow(
      "rows of its files are deleted by delete files",
    );
    // One that the snapshot has removed deletes nothing any more.
    expect(await icebergFiles(text, "t/", async () => avro(entry(1, 2)))).toEqual([]);
  });
});
