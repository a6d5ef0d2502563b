import { expect, test } from "@jest/globals";
import type { RowGroupInfo } from "@sluice/parquet";
import { NearGroups } from "../../../src/columnar/parquet/near-groups.ts";

const { signal } = new AbortController();
const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i);

/** Five groups of 200 bytes: columns of 90, 100 and 10. */
const groups = [0, 200, 400, 600, 800].map((at, i): RowGroupInfo => {
  const chunk = (start: number, end: number) =>
    ({ start, end, codec: "UNCOMPRESSED", numValues: 1, uncompressedBytes: 1 }) as const;
  const chunks = [chunk(at, at + 90), chunk(at + 90, at + 190), chunk(at + 190, at + 200)];
  return { rowCount: 1, firstRow: i, compressedBytes: 200, chunks };
});

/** A file that notes what it is asked for. @param end of what it has, whatever it says of its size */
function source(end = bytes.length) {
  const asked: [start: number, end: number][] = [];
  const readInto = async (start: number, target: Uint8Array) => {
    asked.push([start, start + target.length]);
    const found = bytes.subarray(start, Math.min(end, start + target.length));
    target.set(found);
    return found.length;
  };
  return { asked, sizeBytes: bytes.length, readInto };
}

async function read(near: NearGroups, start: number, length: number): Promise<Uint8Array> {
  const target = new Uint8Array(length);
  return target.subarray(0, await near.readInto(start, target));
}

test("as many groups as fit are one request, and their chunks are none", async () => {
  const file = source();
  const near = new NearGroups(file, 650);
  for (let i = 0; i < groups.length; i++) {
    await near.reach(groups, i, [0, 1, 2], signal);
    for (const { start, end } of groups[i].chunks)
      expect(await read(near, start, end - start)).toEqual(bytes.subarray(start, end));
  }
  expect(file.asked).toEqual([
    [0, 600],
    [600, 1000],
  ]);
  near.close();
});

test("a group that does not fit, or of which little is wanted, is read chunk by chunk", async () => {
  for (const [windowBytes, leaves] of [
    [150, [0, 1, 2]],
    [650, [2]],
  ] as const) {
    const file = source();
    const near = new NearGroups(file, windowBytes);
    await near.reach(groups, 0, leaves, signal);
    expect(file.asked).toEqual([]);
    expect(await read(near, 190, 10)).toEqual(bytes.subarray(190, 200));
    expect(file.asked).toEqual([[190, 200]]);
    near.close();
  }
});

test("a file that ends too early ends there", async () => {
  const near = new NearGroups(source(250), 650);
  await near.reach(groups, 0, [0, 1, 2], signal);
  expect(await read(near, 200, 90)).toEqual(bytes.subarray(200, 250));
});
