import { expect, it } from "@jest/globals";
import type { ObjectStore } from "../object-store.ts";
import { keysOf, text } from "./objects.ts";

/** Writers, readers and deletes that meet: a part of the suite. @param store of the test that runs */
export function meetingConformance(store: () => ObjectStore): void {
  it("shows whole objects only, while they are replaced", async () => {
    const versions = Array.from({ length: 8 }, (_, i) => new Uint8Array(100_000).fill(i));
    await store().put("k", [versions[0]]);
    let writing = true;
    const writer = (async () => {
      for (const version of versions) await store().put("k", [version.subarray(0, 50_000), version.subarray(50_000)]);
      writing = false;
    })();
    const bytes = new Uint8Array(100_001);
    while (writing) {
      expect(await store().readInto("k", 0, bytes)).toBe(100_000);
      expect(new Set(bytes.subarray(0, 100_000)).size).toBe(1);
    }
    await writer;
  });

  it("keeps every put when puts and deletes in one folder meet", async () => {
    const turns = Array.from({ length: 40 }, (_, i) => i);
    await Promise.all([
      ...turns.map(async (i) => store().put(`f/g/h/keep-${i}`, [text(`${i}`)])),
      ...turns.map(async (i) => {
        await store().put(`f/g/h/${i}/gone`, [text("x")]);
        await store().delete([`f/g/h/${i}/gone`]);
      }),
      ...turns.map(async (i) => {
        await store().put(`f/alone/${i}`, [text("x")]);
        await store().delete([`f/alone/${i}`]);
      }),
    ]);
    const kept = turns.map((i) => `f/g/h/keep-${i}`);
    expect(await keysOf(store(), "f/")).toEqual(kept.toSorted());
  });
}
