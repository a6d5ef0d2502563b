import { expect, it } from "@jest/globals";
import type { VarColumn } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { field } from "@sluice/schema/testing";
import { SearchSources } from "../src/search/search-sources.ts";
import type { StoredPart } from "../src/segment-rows.ts";

it("text keys stand in the order of their bytes, for ties and for iterators alike", async () => {
  // By UTF-16 units the second one would come first.
  const [first, second] = ["\uff5e", "\u{10000}"];
  const data = Buffer.from(first + second);
  const keys: VarColumn = { kind: "var", offsets: Uint32Array.of(0, 3, 7), data, validity: undefined };
  const sources = new SearchSources(field("id", DataType.VarChar, { maxLength: 9 }));
  const part = { segmentId: 1n, insertLogs: [{ logIds: [2n] }] } as unknown as StoredPart;
  const source = await sources.add(part, async () => keys);
  expect(await sources.add(part, () => Promise.reject(new Error("read twice")))).toBe(source);
  expect(sources.compareKeys(source, 0, source, 1)).toBeLessThan(0);
  expect(sources.isBehindKey(source, 1, first)).toBe(true);
  expect(sources.isBehindKey(source, 0, second)).toBe(false);
  expect(sources.isBehindKey(source, 0, first)).toBe(false);
});
