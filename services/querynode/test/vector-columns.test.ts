import { describe, expect, it } from "@jest/globals";
import type { FixedColumn } from "@sluice/columns";
import { fixed, longs } from "@sluice/columns/testing";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { decodeStoredSchema, schema } from "@sluice/rpc";
import { type SegmentLogs, SegmentWriterSet, segmentParts } from "@sluice/segment";
import type { HeldAs, HeldColumn, HeldVectors } from "../src/cache/held-vectors.ts";
import { KeptValues } from "../src/cache/kept-values.ts";
import { VectorColumns } from "../src/cache/vector-columns.ts";
import { VectorMemory } from "../src/cache/vector-memory.ts";
import { sketchesBytes } from "../src/search/sketches.ts";

const KIB = 1 << 10;
const DIM = 64;
const ROWS = 800;
const COLUMN_BYTES = 4 * DIM * ROWS;
/** Rows of logs in which values are aligned, so that they can be used and read where they lie. */
const LARGE_ROWS = 4200;
const LARGE_BYTES = 4 * DIM * LARGE_ROWS;
/** Half of the columns, and all sketches. */
const HALF_BYTES = 5 * LARGE_BYTES + 10 * sketchesBytes(LARGE_ROWS, DIM);
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

async function writeSegment(store: MemoryObjectStore, segment: number, rowCount: number): Promise<SegmentLogs> {
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
  const vectors = Float32Array.from({ length: rowCount * DIM }, (_, i) => numberOf(segment, i));
  const keys = longs(...Array.from({ length: rowCount }, (_, i) => BigInt(i)));
  await writer.append(
    { rowCount, columns: [keys, fixed(vectors, 4 * DIM)], sourceBytes: 0 },
    new Uint16Array(rowCount),
  );
  const [sealed] = await writer.seal();
  return segmentParts(sealed)[0];
}

async function world(memoryBytes: number, budgetBytes = memoryBytes, rowCount = ROWS, passingBytes = 0) {
  const store = new MemoryObjectStore();
  const parts: SegmentLogs[] = [];
  for (let i = 0; i < SEGMENTS; i++) parts.push(await writeSegment(store, i, rowCount));
  const kept = new KeptValues(budgetBytes, passingBytes);
  const reads = { bytes: 0 };
  const { readInto } = store;
  store.readInto = async (...asked) => {
    const count = await readInto.apply(store, asked);
    reads.bytes += count;
    return count;
  };
  return { kept, parts, reads, vectors: new VectorColumns(store, kept, memoryBytes) };
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
      const as = await vectors.ahead(parts[segment], field, false);
      using held = columnOf(await vectors.hold(parts[segment], field, as));
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
    const ahead = () => vectors.ahead(parts[0], field, true);
    expect([await ahead(), await ahead()]).toEqual(["column", "sketched"]);
    using held = await vectors.hold(parts[0], field, "sketched");
    expect(held.sketches?.made.every((made) => made === 0)).toBe(true);
    const little = await world(COLUMN_BYTES + 8 * KIB);
    using alone = await little.vectors.hold(little.parts[0], field, "sketched");
    expect(alone.sketches).toBeUndefined();
  });

  it("lie in ordinary memory when they are more than all there is", async () => {
    const { parts, vectors } = await world(100 * KIB);
    using held = columnOf(await vectors.hold(parts[1], field, "sketched"));
    expect(held.column.data.buffer).toBeInstanceOf(ArrayBuffer);
    expectRight(held.column.data, 1);
  });

  it("take the place of others that went by the budget", async () => {
    const { kept, parts, vectors } = await world(4096 * KIB, 0);
    const places = new Set<number>();
    for (const part of parts) {
      using held = columnOf(await vectors.hold(part, field, "sketched"));
      places.add(held.column.data.byteOffset);
    }
    expect([places.size, kept.usedBytes]).toEqual([1, 0]);
  });
});

describe("sketches of vectors", () => {
  /** Segments of which half of the columns have room, beside all sketches. */
  const half = () => world(16_384 * KIB, HALF_BYTES, LARGE_ROWS, 2 * LARGE_BYTES);
  /** Goes through all segments, as a search does, and makes the sketches that it is given. */
  const goThrough = async ({ parts, vectors }: Awaited<ReturnType<typeof half>>) => {
    const how: HeldAs[] = [];
    for (const part of parts) {
      how.push(await vectors.ahead(part, field, true));
      using held = await vectors.hold(part, field, how.at(-1) as HeldAs);
      held.sketches?.made.fill(1);
    }
    return how;
  };

  it("are kept when their columns have no room", async () => {
    const one = await half();
    expect(new Set(await goThrough(one))).toEqual(new Set(["column"]));
    await goThrough(one);
    await goThrough(one);
    const how = await goThrough(one);
    expect(how.filter((as) => as === "sketches").length).toBeGreaterThanOrEqual(SEGMENTS / 3);
    expect(how).not.toContain("column");
    const before = one.reads.bytes;
    expect([await goThrough(one), one.reads.bytes]).toEqual([how, before]);
    expect(one.kept.usedBytes).toBeLessThanOrEqual(HALF_BYTES + 2 * LARGE_BYTES);
  });

  it("are not enough while many are not made", async () => {
    const { parts, vectors } = await world(16_384 * KIB, LARGE_BYTES + 512 * KIB, LARGE_ROWS);
    const search = () => vectors.ahead(parts[1], field, true);
    await search();
    using held = await vectors.hold(parts[1], field, await search());
    held.sketches?.made.fill(1, 20);
    held[Symbol.dispose]();
    // In the place of the column.
    await vectors.ahead(parts[3], field, true);
    expect(await search()).not.toBe("sketches");
  });
});

describe("vectors of some rows", () => {
  it("are read without their column, in any order, where it lies in its log as it is", async () => {
    const { parts, vectors, reads } = await world(16_384 * KIB, 0, LARGE_ROWS);
    const wanted = Uint32Array.of(700, 3, 3, 5, 699, 0);
    for (const segment of [1, 2]) {
      await vectors.ahead(parts[segment], field, false);
      const before = reads.bytes;
      const { data } = (await vectors.rows(parts[segment], field, wanted)) as FixedColumn;
      const vector = (row: number) => expected[segment].subarray(4 * DIM * row, 4 * DIM * (row + 1));
      expect(Buffer.concat(Array.from(wanted, vector)).equals(data)).toBe(true);
      if (segment === 1) expect(reads.bytes - before).toBe(4 * DIM * (6 + 2));
    }
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

function columnOf(held: HeldVectors): HeldColumn {
  return held.column ? held : fail();
}

function fail(): never {
  throw new Error("no room");
}
