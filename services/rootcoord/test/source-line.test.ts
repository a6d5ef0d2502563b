import { expect, it } from "@jest/globals";
import type { JobRecord } from "@sluice/catalog";
import { lineOf, SourceLines } from "../src/jobs/source-line.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const whole = { isCutBefore: false, isCutAfter: false };

it("a line is told apart from its neighbours, in two pieces around the place", () => {
  expect(lineOf(bytes("one\ntwo\r\nthree"), 5, true)).toEqual({ before: "t", after: "wo", ...whole });
  expect(lineOf(bytes("one\ntwo\nthree"), 4, true)).toEqual({ before: "", after: "two", ...whole });
  expect(lineOf(bytes("one"), 0, true)).toEqual({ before: "", after: "one", ...whole });
  expect(lineOf(bytes("one\n"), 4, true)).toEqual({ before: "", after: "", ...whole });
});

it("a long line is cut on either side, between characters", () => {
  const long = bytes("é".repeat(4000));
  const line = lineOf(long.subarray(1, 4097), 2047, false);
  expect(line).toEqual({ before: "é".repeat(1023), after: "é".repeat(1024), isCutBefore: true, isCutAfter: true });
});

it("what is no text has no lines", () => {
  expect(() => lineOf(Uint8Array.of(1, 0, 2), 1, true)).toThrow("no text");
});

it("lines of a store that a job has brought are shown to who has brought it, and to who may see all", async () => {
  const read = (caller: string, job: Partial<JobRecord>) => {
    const book = { get: () => ({ job: { groups: [], sources: [{}], ...job }, tasks: [] }) };
    const sources = {
      of: () => {
        throw new Error("the store is opened");
      },
    };
    const lines = new SourceLines(book as never, sources as never);
    return lines.read({ jobId: 1n, file: "a.csv", byteOffset: 0n, caller });
  };
  const requestedBy = "ann";
  for (const caller of ["ann", ""]) await expect(read(caller, { requestedBy })).rejects.toThrow("the store is opened");
  await expect(read("eve", { sources: [] })).rejects.toThrow("the store is opened");
  for (const job of [{ requestedBy }, {}])
    await expect(read("eve", job)).rejects.toMatchObject({
      ...{
        code: "path_denied",
        reason: expect.stringContaining("shown to who has requested the job"),
        at: { file: "a.csv" },
      },
    });
});
