import { describe, expect, it } from "@jest/globals";
import { fixed, longs } from "@sluice/columns/testing";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { decodeStoredSchema, schema } from "@sluice/rpc";
import { type SegmentLogs, SegmentWriterSet, segmentParts } from "@sluice/segment";
import { KeptValues } from "../src/cache/kept-values.ts";
import { VectorColumns } from "../src/cache/vector-columns.ts";
import { VectorMemory } from "../src/cache/vector-memory.ts";

const KIB = 1 << 10;
const DIM = 64;
const ROWS = 800;
const COLUMN_BYTES = 4 * DIM * ROWS;
const SEGMENTS = 10;

const { DataType } = schema;
const message = schema.CollectionSchema.fromPartial({
  name: "small",
  fields: [
    schema.FieldSchema.fromPartial({ fieldID: 100n, name: "id", dataType: DataType.Int64, isPrimaryKey: true }),
    schema.FieldSchema.fromPartial({
      ...{ fieldID: 101n, name: "vector", dataType: DataType.FloatVector },
      typeParams: [{ key: "dim", value: String(DIM) }],
    }),
  ],
});
const collection = decodeStoredSchema(Buffer.from(schema.CollectionSchema.encode(message).finish()), []);
const field = collection.fields[1];

/** Number `i` of a segment's vectors. Half of the segments say the same again and again, and are compressed. */
const numberOf = (segment: number, i: number) => (segment % 2 === 0 ? segment : Math.sin(segment * 7919 + i));

async function writeSegment(store: MemoryObjectStore, segment: number): Promise<SegmentLogs> {
  let id = 1000n * BigInt(segment + 1);
  const take = (count: number) => (id += BigInt(count)) - BigInt(count);
  const writer = SegmentWriterSet.open({
    ...{
      schema: collection,
      collectionId: 7n,
      store,
      nowMs: 1_700_000_000_000,
      newRows: { timestamp: 1n, rowIdBase: 1n },
    },
    ids: { segments: async (buckets) => buckets.map(() => take(1)), logIds: async (count) => take(count) },
    ...{ buckets: [{ partitionId: 1n, vchannel: "v0" }], signal: new AbortController().signal },
  });
  const vectors = Float32Array.from({ length: ROWS * DIM }, (_, i) => numberOf(segment, i));
  const keys = longs(...Array.from({ length: ROWS }, (_, i) => BigInt(i)));
  await writer.append(
    { rowCount: ROWS, columns: [keys, fixed(vectors, 4 * DIM)], sourceBytes: 0 },
    new Uint16Array(ROWS),
  );
  const [sealed] = await writer.seal();
  return segmentParts(sealed)[0];
}

async function world(memoryBytes: number, budgetBytes = memoryBytes) {
  const store = new MemoryObjectStore();
  const parts: SegmentLogs[] = [];
  for (let i = 0; i < SEGMENTS; i++) parts.push(await writeSegment(store, i));
  const kept = new KeptValues(budgetBytes);
  return { kept, parts, vectors: new VectorColumns(store, kept, memoryBytes) };
}

/** Of each segment, once: thousands of numbers take the matcher long. */
const expected = Array.from({ length: SEGMENTS }, (_, segment) =>
  Buffer.from(Float32Array.from({ length: ROWS * DIM }, (_, i) => numberOf(segment, i)).buffer),
);

function expectRight(data: Uint8Array, segment: number): void {
  expect(expected[segment].equals(data)).toBe(true);
}

describe("columns of vectors", () => {
  it.each([
    ["all of which are kept", 4096 * KIB],
    ["of which few have room at once", 900 * KIB],
    ["of which one has room", 300 * KIB],
  ])("stay as they are while they are held, by many at once: %s", async (_, memoryBytes) => {
    const { parts, vectors } = await world(memoryBytes);
    const read = async (n: number) => {
      const segment = (n * 7) % SEGMENTS;
      const wasKept = await vectors.ahead(parts[segment], field);
      using held = await vectors.hold(parts[segment], field, wasKept);
      using again = held.again();
      // Whoever would overwrite it has its turn.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      held[Symbol.dispose]();
      expect(again.column.data.buffer).toBeInstanceOf(SharedArrayBuffer);
      expectRight(again.column.data, segment);
      again.sketches?.data.fill(n);
    };
    await Promise.all(Array.from({ length: 3 * SEGMENTS }, (_, n) => read(n)));
  });

  it("have sketches from the second time on, where there is room", async () => {
    const { parts, vectors } = await world(4096 * KIB);
    expect([await vectors.ahead(parts[0], field), await vectors.ahead(parts[0], field)]).toEqual([false, true]);
    using held = await vectors.hold(parts[0], field, true);
    expect(held.sketches?.made.every((made) => made === 0)).toBe(true);
    const little = await world(COLUMN_BYTES + 8 * KIB);
    using alone = await little.vectors.hold(little.parts[0], field, true);
    expect(alone.sketches).toBeUndefined();
  });

  it("lie in ordinary memory when they are more than all there is", async () => {
    const { parts, vectors } = await world(100 * KIB);
    using held = await vectors.hold(parts[1], field, true);
    expect(held.column.data.buffer).toBeInstanceOf(ArrayBuffer);
    expectRight(held.column.data, 1);
  });

  it("take the place of others that went by the budget", async () => {
    const { kept, parts, vectors } = await world(4096 * KIB, 0);
    const places = new Set<number>();
    for (const part of parts) {
      using held = await vectors.hold(part, field, true);
      places.add(held.column.data.byteOffset);
    }
    expect([places.size, kept.usedBytes]).toEqual([1, 0]);
  });
});

describe("memory that threads share", () => {
  it("is several memories where one is not enough, and has room for the same again", () => {
    const memory = new VectorMemory(640 * KIB, 1, 256 * KIB);
    expect(memory.memories.length).toBe(3);
    const blocks = [200, 200, 100].map((kib) => memory.take(kib * KIB) ?? fail());
    expect(blocks.map(({ slab }) => slab)).toEqual([0, 1, 2]);
    expect(memory.take(100 * KIB)).toBeUndefined();
    memory.give(blocks[1]);
    expect(memory.take(256 * KIB)?.slab).toBe(1);
    expect([memory.fits(256 * KIB), memory.fits(257 * KIB)]).toEqual([true, false]);
  });
});

function fail(): never {
  throw new Error("no room");
}
