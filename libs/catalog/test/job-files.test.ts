import { expect, it } from "@jest/globals";
import { jobId } from "@sluice/schema";
import fc from "fast-check";
import { type FileGroupRecord, groupsOf, pagesOf } from "../src/index.ts";

const file = fc.record({
  path: fc.string({ unit: "binary", maxLength: 40 }),
  source: fc.constant("files"),
  key: fc.string({ maxLength: 40 }),
  sizeBytes: fc.nat(),
  version: fc.constant("1"),
});
const groups: fc.Arbitrary<FileGroupRecord[]> = fc.array(
  fc.record({ format: fc.constantFrom("jsonl", "npy"), files: fc.array(file, { minLength: 1, maxLength: 8 }) }),
);

it("the files of a job are the same in one page and in many, in whatever order those are read", () => {
  fc.assert(
    fc.property(groups, fc.integer({ min: 1, max: 2000 }), (groups, pageBytes) => {
      const pages = pagesOf(jobId(7n), groups, pageBytes);
      expect(groupsOf(pages.toReversed())).toEqual(groups);
      for (const page of pages) {
        const files = page.groups.flatMap(({ files }) => files);
        const sizeBytes = files.reduce((sum, one) => sum + Buffer.byteLength(JSON.stringify(one)), 0);
        if (files.length > 1) expect(sizeBytes).toBeLessThanOrEqual(pageBytes);
        expect(files.length).toBeGreaterThan(0);
      }
    }),
  );
});
