import { EventType, encodeBinlogHead, encodeInsertLog, parseBinlog } from "@sluice/binlog";
import type { Column } from "@sluice/columns";
import { type CollectionSchema, DataType, type FieldSchema, fixedWidth } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import { encodeArrayCell, encodeSparseCell, encodeVectorArrayCell, wktToWkb } from "@sluice/values";
import fc from "fast-check";
import type { Segment } from "./segment-files.ts";

/** A segment, as bytes and as what it must give. */
export interface RandomSegment {
  readonly files: Segment;
  readonly schema: CollectionSchema;
  readonly options: Readonly<Record<string, string>>;
  /** Cells of the rows that are left: bytes as latin1, null for null; in the order of the fields. */
  readonly rows: readonly (readonly (string | null)[])[];
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const small = fc.float({ noNaN: true, noDefaultInfinity: true });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const le = (size: number, write: (view: DataView) => void) => {
  const view = new DataView(new ArrayBuffer(size));
  write(view);
  return new Uint8Array(view.buffer);
};
const floats = (count: number) => fc.array(small, { minLength: count, maxLength: count }).map((list) => new Uint8Array(Float32Array.from(list).buffer)); // biome-ignore format: one line
const text = fc.string({ unit: "grapheme", maxLength: 20 }).map((value) => new Uint8Array(Buffer.from(value)));

/** Every stored type, each with cells that it may have. */
const types: readonly (readonly [DataType, fc.Arbitrary<Uint8Array>, Partial<FieldSchema>])[] = [
  [DataType.Bool, fc.boolean().map((value) => Uint8Array.of(value ? 1 : 0)), {}],
  [DataType.Int8, bytes(1), {}],
  [DataType.Int16, bytes(2), {}],
  [DataType.Int32, bytes(4), {}],
  [DataType.Int64, bytes(8), {}],
  [DataType.Timestamptz, fc.bigInt(-(2n ** 50n), 2n ** 50n).map((value) => le(8, (view) => view.setBigInt64(0, value, true))), {}], // biome-ignore format: a row
  [DataType.Float, small.map((value) => le(4, (view) => view.setFloat32(0, value, true))), {}],
  [DataType.Double, finite.map((value) => le(8, (view) => view.setFloat64(0, value, true))), {}],
  [DataType.VarChar, text, { maxLength: 400 }],
  [DataType.Text, text, {}],
  [DataType.JSON, fc.json({ maxDepth: 2 }).map((value) => new Uint8Array(Buffer.from(value))), {}],
  [DataType.Array, fc.array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), { maxLength: 5 }).map((list) => encodeArrayCell(DataType.Int64, list)), { elementType: DataType.Int64, maxCapacity: 5 }], // biome-ignore format: a row
  [DataType.Array, fc.array(fc.string({ maxLength: 4 }), { maxLength: 5 }).map((list) => encodeArrayCell(DataType.VarChar, list)), { elementType: DataType.VarChar, maxLength: 40, maxCapacity: 5 }], // biome-ignore format: a row
  [DataType.Geometry, fc.tuple(fc.integer(), fc.integer()).map(([x, y]) => wktToWkb(`POINT (${x} ${y})`)), {}],
  [DataType.BinaryVector, bytes(3), { dim: 24 }],
  [DataType.FloatVector, floats(3), { dim: 3 }],
  [DataType.Float16Vector, bytes(4).map((value) => value.map((byte, i) => (i % 2 ? byte & 0xbf : byte))), { dim: 2 }],
  [DataType.BFloat16Vector, bytes(4).map((value) => value.map((byte, i) => (i % 2 ? byte & 0xbf : byte))), { dim: 2 }],
  [DataType.Int8Vector, bytes(5), { dim: 5 }],
  [DataType.SparseFloatVector, fc.uniqueArray(fc.nat(1000), { maxLength: 5 }).map((list) => encodeSparseCell(list, list)), {}], // biome-ignore format: a row
  [DataType.ArrayOfVector, fc.nat(3).chain((count) => floats(2 * count)).map((value) => encodeVectorArrayCell(DataType.FloatVector, 2, value)), { elementType: DataType.FloatVector, dim: 2, maxCapacity: 3 }], // biome-ignore format: a row
];

interface Drawn {
  readonly keys: readonly bigint[];
  readonly stamps: readonly bigint[];
  readonly deletes: readonly (readonly [key: bigint, stamp: bigint])[];
  readonly isText: boolean;
  readonly isNullable: boolean;
  readonly logs: number;
  readonly bounds: readonly [bigint, bigint] | undefined;
  readonly columns: readonly (readonly (Uint8Array | null)[])[];
}

/** 2020, as a hybrid timestamp. */
const FIRST = 1_577_836_800_000n << 18n;
const stamp = fc.bigInt(FIRST, FIRST + 40n);
const key = fc.bigInt(-20n, 20n);

function drawn(rows: number): fc.Arbitrary<Drawn> {
  const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: rows, maxLength: rows });
  return fc.boolean().chain((isNullable) =>
    fc.record({
      ...{ keys: list(key), stamps: list(stamp), isText: fc.boolean(), isNullable: fc.constant(isNullable) },
      deletes: fc.array(fc.tuple(key, stamp), { maxLength: 12 }),
      logs: fc.integer({ min: 1, max: Math.min(3, rows) }),
      bounds: fc.option(
        fc.tuple(stamp, stamp).map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const))),
        { nil: undefined },
      ),
      columns: fc.tuple(...types.map(([, cell]) => list(isNullable ? fc.option(cell, { freq: 4 }) : cell))),
    }),
  );
}

/** Segments of every type, cut into logs, with deletes and bounds. */
export const randomSegment: fc.Arbitrary<RandomSegment> = fc.integer({ min: 1, max: 12 }).chain(drawn).map(segmentOf);

function segmentOf(one: Drawn): RandomSegment {
  const { isText, isNullable, keys, stamps, columns, bounds } = one;
  const keyField = field("id", isText ? DataType.VarChar : DataType.Int64, {
    isPrimaryKey: true,
    maxLength: isText ? 40 : 0,
  });
  const fields = [keyField, ...types.map(([dataType, , more], i) => field(`f${i}`, dataType, { ...more, fieldId: 101 + i, nullable: isNullable }))]; // biome-ignore format: one line
  const cells = [keys.map((value) => keyCell(value, isText)), ...columns];
  const options: Record<string, string> = bounds ? { start_ts: String(bounds[0]), end_ts: String(bounds[1]) } : {};
  const rows = keys.flatMap((_, row) => (isLive(one, row) ? [cells.map((column) => shown(column[row]))] : []));
  const system = [0, 1].map((fieldId) => field("", DataType.Int64, { fieldId }));
  const systemCells = [stamps, stamps].map((list) => list.map((value) => keyCell(value, false)));
  const logs = logsOf([...system, ...fields], [...systemCells, ...cells], one);
  const schema = {
    name: "random",
    fields,
    structs: [],
    enableDynamicField: false,
    allowInsertAutoId: true,
    timezone: "UTC",
  };
  return { files: { logs, deltas: deltasOf(one) }, schema, options, rows };
}

/** What the format's contract says, row by row. */
function isLive({ keys, stamps, deletes, bounds }: Drawn, row: number): boolean {
  const [start, end] = bounds ?? [0n, 2n ** 64n];
  const isInside = (time: bigint) => time >= start && time <= end;
  const isDeleted = deletes.some(([of, time]) => of === keys[row] && isInside(time) && time > stamps[row]);
  return isInside(stamps[row]) && !isDeleted;
}

function keyCell(value: bigint, isText: boolean): Uint8Array {
  return isText ? new Uint8Array(Buffer.from(`k${value}é`)) : le(8, (view) => view.setBigInt64(0, value, true));
}

export function shown(cell: Uint8Array | null): string | null {
  return cell && Buffer.from(cell).toString("latin1");
}

function logsOf(
  fields: readonly FieldSchema[],
  cells: readonly (readonly (Uint8Array | null)[])[],
  { keys, logs }: Drawn,
) {
  const files = new Map<string, Buffer>();
  const size = Math.ceil(keys.length / logs);
  for (const [i, one] of fields.entries())
    for (let from = 0; from < keys.length; from += size) {
      const part = cells[i].slice(from, from + size);
      files.set(`insert_log/1/2/3/${one.fieldId}/${440_000 + from}`, logOf(one, part));
    }
  return files;
}

function logOf(of: FieldSchema, cells: readonly (Uint8Array | null)[]): Buffer {
  const pieces = encodeInsertLog({
    ...{ collectionId: 1n, partitionId: 2n, segmentId: 3n, fieldId: of.fieldId, dataType: of.dataType },
    ...{ elementType: of.elementType, dim: of.dim, nullable: of.nullable, dialect: of.nullable ? "2.5" : "2.3" },
    ...{ column: columnOf(of, cells), rowCount: cells.length, minTimestamp: 1n, maxTimestamp: 2n, nowMs: 1 },
  });
  return Buffer.concat(pieces);
}

function columnOf(of: FieldSchema, cells: readonly (Uint8Array | null)[]): Column {
  const width = fixedWidth(of);
  const whole = cells.map((cell) => cell ?? new Uint8Array(width));
  const data = new Uint8Array(Buffer.concat(whole));
  const validity = of.nullable ? Uint8Array.from(cells, (cell) => (cell ? 1 : 0)) : undefined;
  if (width > 0) return { kind: "fixed", width, data, validity };
  const offsets = new Uint32Array(cells.length + 1);
  for (const [i, cell] of whole.entries()) offsets[i + 1] = offsets[i] + cell.length;
  return { kind: "var", offsets, data, validity };
}

/** In two files, in the form that servers write. */
function deltasOf({ deletes, isText }: Drawn): Map<string, Buffer> {
  const texts = deletes.map(([of, ts]) => `{"pk":${isText ? JSON.stringify(`k${of}é`) : of},"ts":${ts},"pkType":${isText ? 21 : 5}}`); // biome-ignore format: one line
  const parts = [texts.slice(0, 5), texts.slice(5)].filter((part) => part.length > 0);
  return new Map(parts.map((part, i) => [`delta_log/1/2/3/${450_000 + i}`, deltaLog(part)]));
}

function deltaLog(rows: readonly string[]): Buffer {
  const { descriptor, events } = parseBinlog(
    logOf(
      field("", DataType.String),
      rows.map((row) => Buffer.from(row)),
    ),
  );
  const [{ payload }] = events;
  return Buffer.concat([
    encodeBinlogHead({ ...descriptor, fieldId: -1n }, EventType.Delete, 1n, payload.length),
    payload,
  ]);
}
