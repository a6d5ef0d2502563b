import { expect, it } from "@jest/globals";
import type { ObjectStore } from "../object-store.ts";
import { keysOf, text } from "./objects.ts";

/** Order of the parts between slashes, one after the other, each by its bytes. */
function compareParts(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  const at = left.findIndex((part, i) => part !== right[i]);
  return at < 0 ? -1 : Buffer.compare(Buffer.from(left[at]), Buffer.from(right[at] ?? ""));
}

/**
 * Lists, a part of the suite.
 * @param store of the test that runs
 * @param mayListByParts in order of the parts of keys, which servers of other makers may do
 */
export function listConformance(store: () => ObjectStore, mayListByParts: boolean): void {
  it("lists in byte order of key", async () => {
    const keys = [
      "a",
      "a-b",
      "a.b/c",
      "a0",
      "a_",
      "b/1/x",
      "b/10",
      "b/2",
      "b/1-",
      "b/1.",
      "z\u{10000}",
      "z\uffee",
      "é",
    ];
    for (const key of keys) await store().put(key, [text(key)]);
    const byBytes = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const byParts = keys.toSorted(compareParts);
    const listed = await keysOf(store(), "");
    const sorted = mayListByParts && listed.join() === byParts.join() ? byParts : byBytes;
    expect(listed).toEqual(sorted);
    for (const prefix of ["a", "b/", "b/1", "b/1/", "b/1/x", "z", "none", "b/x/"]) {
      expect(await keysOf(store(), prefix)).toEqual(sorted.filter((key) => key.startsWith(prefix)));
    }
  });

  it("lists sizes, and stops when the loop is left", async () => {
    for (let i = 0; i < 10; i++) await store().put(`p/${i}`, [new Uint8Array(i)]);
    const seen: number[] = [];
    for await (const info of store().list("p/")) {
      seen.push(info.sizeBytes);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([0, 1, 2]);
  });
}
