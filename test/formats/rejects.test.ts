import { describe, expect, it } from "@jest/globals";
import { completeBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { formatNamed, type RejectedRow, type SourceRange } from "@sluice/formats";
import { type CanonicalRow, canonicalRows, fixtureSchema, readerInput } from "@sluice/formats/testing";
import { DataType, dataTypeName } from "@sluice/schema";
import fc from "fast-check";
import { type FieldSample, fieldSamples } from "./field-samples.ts";
import { formatOf, hasArrays, optionsOf, sourcesOf, type TableColumn, writers } from "./format-files.ts";

// With `onReject`, a row that cannot be imported is handed over, with its place and reason, and all others are read.

/** The columns of all tables here. */
const named = ["id", "f"].map((name) => ({ name, sample: fieldSamples[0] }));

interface Read {
  readonly rows: readonly CanonicalRow[];
  readonly rejected: readonly RejectedRow[];
}

async function readWith(
  format: string,
  files: Readonly<Record<string, Uint8Array>>,
  schema: ReturnType<typeof fixtureSchema>,
  { batchBytes = 1 << 20, range }: { batchBytes?: number; range?: SourceRange } = {},
): Promise<Read> {
  const rejected: RejectedRow[] = [];
  await using reader = formatNamed(formatOf(format)).open(
    readerInput(schema, await sourcesOf(files), optionsOf(format, named), range),
  );
  const rows: CanonicalRow[] = [];
  const options = {
    batchBytes,
    signal: new AbortController().signal,
    onReject: (row: RejectedRow) => void rejected.push(row),
  };
  for await (const batch of reader.batches(options)) {
    expect(batch.rowCount).toBeGreaterThan(0);
    rows.push(...canonicalRows(schema, completeBatch(schema, batch)));
  }
  return { rows, rejected };
}

async function firstError(
  format: string,
  files: Readonly<Record<string, Uint8Array>>,
  schema: ReturnType<typeof fixtureSchema>,
) {
  await using reader = formatNamed(formatOf(format)).open(
    readerInput(schema, await sourcesOf(files), optionsOf(format, named)),
  );
  const read = async () => {
    for await (const _ of reader.batches({ batchBytes: 1 << 20, signal: new AbortController().signal }));
  };
  return read().then(
    () => undefined,
    (error: unknown) => error as ImportError,
  );
}

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const texts = (text: string, length: number) => ({
  parquet: text,
  npy: bytesOf(Uint32Array.from({ length }, (_, i) => text.codePointAt(i) ?? 0)),
});

/** A value that the type does not take, as each format has it; absent where the format has no such. */
interface BadValue {
  readonly json: unknown;
  /** Of CSV, where the text of `json` is a value. */
  readonly csv?: unknown;
  readonly parquet?: unknown;
  readonly npy?: Uint8Array;
}

const badValues: Readonly<Partial<Record<DataType, BadValue>>> = {
  [DataType.Bool]: { json: 1, csv: "yes", npy: Uint8Array.of(2) },
  [DataType.Int8]: { json: 200, parquet: 200 },
  [DataType.Int16]: { json: 40_000, parquet: 40_000 },
  [DataType.Int32]: { json: 2 ** 31 },
  [DataType.Int64]: { json: "1", csv: "one" },
  [DataType.Float]: { json: "x", parquet: Number.NaN, npy: bytesOf(Float32Array.of(Number.NaN)) },
  [DataType.Double]: { json: null, parquet: Number.POSITIVE_INFINITY, npy: bytesOf(Float64Array.of(Number.NaN)) },
  [DataType.VarChar]: { json: "x".repeat(21), ...texts("x".repeat(21), 21) },
  [DataType.JSON]: { json: "{", ...texts("{a:1}", 13) },
  [DataType.Array]: { json: [1, 2, 3, 4, 5], parquet: [1n, 2n, 3n, 4n, 5n] },
  [DataType.Geometry]: { json: "POINT 1", ...texts("POINT 1", 11) },
  [DataType.Timestamptz]: { json: "soon", ...texts("soon", 20) },
  [DataType.FloatVector]: { json: [1], parquet: [1, 2, 3], npy: bytesOf(Float32Array.of(1, Number.NaN)) },
  [DataType.Float16Vector]: { json: [1, 1e6], parquet: [1, 1e6], npy: bytesOf(Float32Array.of(1, 1e6)) },
  [DataType.BFloat16Vector]: {
    json: [1, 2, 3],
    parquet: [Number.NaN, 1],
    npy: bytesOf(Float32Array.of(Number.NaN, 1)),
  },
  [DataType.BinaryVector]: { json: [1, 256], parquet: [1, 256] },
  [DataType.Int8Vector]: { json: [1, 128], parquet: [1] },
  [DataType.SparseFloatVector]: { json: { "-1": 1 }, parquet: '{"1":-1}' },
};

const ROWS = 6;
const BAD = [1, 2, 5];
const isBad = (row: number) => BAD.includes(row);

describe.each(fieldSamples.map((sample) => [dataTypeName(sample.type), sample] as const))(
  "of a %s field",
  (_, sample) => {
    const bad = badValues[sample.type] as BadValue;
    const schema = fixtureSchema({
      fields: [
        { name: "id", type: DataType.Int64, is_primary: true },
        { name: "f", type: sample.type, ...sample.field },
      ],
    });

    it.each(Object.keys(writers))("rows are rejected one by one from %s", async (format) => {
      const files = filesWith(format, sample, bad);
      if (!files) return;
      for (const batchBytes of [1, 40, 1 << 20]) {
        const { rows, rejected } = await readWith(format, files, schema, { batchBytes });
        const good = Array.from({ length: ROWS }, (_, id) => ({ id, f: sample.canonical })).filter(
          ({ id }) => !isBad(id),
        );
        expect({ format, rows }).toEqual({ format, rows: good });
        expect(rejected.map(({ row, error }) => [row, error.at?.row, error.at?.field])).toEqual(
          BAD.map((row) => [row, row, "f"]),
        );
        expect(rejected.map(({ error }) => error.code)).toEqual(BAD.map(() => "value_invalid"));
      }
      const error = await firstError(format, files, schema);
      expect(error).toBeInstanceOf(ImportError);
      expect(error?.at).toMatchObject({ row: 1, field: "f" });
    });
  },
);

function filesWith(
  format: string,
  sample: FieldSample,
  bad: BadValue,
): Readonly<Record<string, Uint8Array>> | undefined {
  const { parquet, npy } = sample;
  const badSample = {
    ...sample,
    json: bad.json,
    ...(bad.csv !== undefined && { csv: bad.csv }),
    parquet: { ...parquet, value: bad.parquet },
    ...(npy && bad.npy && { npy: { ...npy, descr: descrOf(npy.descr, bad.npy), bytes: bad.npy } }),
  };
  if (["parquet", "pgcopy"].includes(format) && bad.parquet === undefined) return undefined;
  if (hasArrays(format) && (!npy || bad.npy === undefined)) return undefined;
  const ids: FieldSample[] = Array.from({ length: ROWS }, (_, id) => ({
    type: DataType.Int64,
    json: id,
    parquet: { type: "INT64", value: BigInt(id) },
    npy: { descr: "<i8", bytes: bytesOf(BigInt64Array.of(BigInt(id))) },
    canonical: id,
  }));
  const cells = Array.from({ length: ROWS }, (_, row) => (isBad(row) ? badSample : padded(sample, bad)));
  const columns: TableColumn[] = [
    { name: "id", sample: ids[0], cells: ids },
    { name: "f", sample: cells[1], cells },
  ];
  return writers[format](columns, ROWS);
}

function descrOf(descr: string, bytes: Uint8Array): string {
  return descr.startsWith("<U") ? `<U${bytes.length / 4}` : descr;
}

/** NumPy's texts are all as long as the longest. */
function padded(sample: FieldSample, bad: BadValue): FieldSample {
  if (!sample.npy || !bad.npy) return sample;
  const bytes = new Uint8Array(Math.max(bad.npy.length, sample.npy.bytes.length));
  bytes.set(sample.npy.bytes);
  return { ...sample, npy: { ...sample.npy, bytes } };
}

describe("of rows of text", () => {
  const schema = fixtureSchema({
    enable_dynamic_field: true,
    fields: [
      { name: "id", type: DataType.Int64, is_primary: true },
      { name: "n", type: DataType.Int64, nullable: true },
    ],
  });
  const line = (id: number) => JSON.stringify({ id, n: id % 2 ? null : id, x: "é".repeat(id % 5) });
  const bads = [
    '{"id":',
    "nonsense",
    '{"id":1} {"id":2}',
    '{"n":1}',
    '{"id":"7"}',
    '{"id":1,"$meta":{"n":1}}',
    "[1]",
    '{"id":1,"x":"\u0001"}',
  ];

  it("the bytes of a bad line, its place and reason are given, and every other line is read", async () => {
    const lines = fc.array(fc.oneof(fc.constant(undefined), fc.constantFrom(...bads)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.integer({ min: 1, max: 400 }),
        fc.boolean(),
        async (choice, batchBytes, endsInLine) => {
          const all = choice.map((bad, id) => bad ?? line(id));
          const text = Buffer.from(all.join("\n") + (endsInLine ? "" : "\n"));
          const { rows, rejected } = await readWith("jsonl", { "t.jsonl": text }, schema, { batchBytes });
          expect(rows.map(({ id }) => id)).toEqual(choice.flatMap((bad, id) => (bad === undefined ? [id] : [])));
          expect(rejected.map(({ row, text: found }) => [row, Buffer.from(found?.bytes ?? []).toString()])).toEqual(
            choice.flatMap((bad, row) => (bad === undefined ? [] : [[row, bad]])),
          );
          for (const { text: found } of rejected) {
            const { byteOffset, bytes } = found as NonNullable<RejectedRow["text"]>;
            expect(Buffer.from(bytes)).toEqual(text.subarray(byteOffset, byteOffset + bytes.length));
          }
        },
      ),
      { seed: 20261128, numRuns: 150 },
    );
  });

  it("ranges of a file reject what a whole reading does", async () => {
    const text = Buffer.from(
      Array.from({ length: 30 }, (_, id) => (id % 7 === 3 ? bads[id % bads.length] : line(id))).join("\n"),
    );
    const whole = await readWith("jsonl", { "t.jsonl": text }, schema);
    const borders = [0, 101, 102, 400, text.length];
    const parts = [];
    for (let i = 1; i < borders.length; i++) {
      const range = { begin: borders[i - 1], end: borders[i] };
      parts.push(await readWith("jsonl", { "t.jsonl": text }, schema, { range }));
    }
    expect(parts.flatMap(({ rows }) => rows)).toEqual(whole.rows);
    expect(parts.flatMap(({ rejected }) => rejected.map(({ row }) => row))).toEqual(
      whole.rejected.map(({ row }) => row),
    );
  });

  it("of a list, rows with bad values are rejected; broken text ends the reading", async () => {
    const list = `[${[line(0), '{"id":"7"}', line(2), "5", line(4)].join(",\n")}]`;
    const { rows, rejected } = await readWith("json", { "t.json": Buffer.from(list) }, schema);
    expect(rows.map(({ id }) => id)).toEqual([0, 2, 4]);
    expect(rejected.map(({ row, text }) => [row, Buffer.from(text?.bytes ?? []).toString()])).toEqual([
      [1, '{"id":"7"}'],
      [3, "5"],
    ]);
    const broken = Buffer.from(`[${line(0)}, {"id":1,, "n":2}, ${line(2)}]`);
    await expect(readWith("json", { "t.json": broken }, schema)).rejects.toMatchObject({
      code: "malformed_file",
      at: { row: 1 },
    });
  });

  it("who takes the rows may end the reading", async () => {
    const file = { "t.jsonl": Buffer.from(`${line(0)}\nnonsense\n${line(2)}`) };
    await using reader = formatNamed("jsonl").open(readerInput(schema, await sourcesOf(file)));
    const tooMany = new ImportError("value_invalid", "more than 0 bad rows");
    const onReject = async () => {
      throw tooMany;
    };
    const read = async () => {
      for await (const _ of reader.batches({ batchBytes: 1, signal: new AbortController().signal, onReject }));
    };
    await expect(read()).rejects.toBe(tooMany);
  });
});
