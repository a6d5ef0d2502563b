import { expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { refusalOf } from "../src/embedded/commit-error.ts";

it.each([
  ["No space left on device", 1e9],
  ["Input/output error", 0],
  ["Input/output error", 4096],
])("%s with %d bytes left is a full disk, in words for people", (message, freeBytes) => {
  const refusal = refusalOf(new Error(message), freeBytes);
  expect(refusal).toBeInstanceOf(ImportError);
  expect(refusal.message).toContain("no space is left on its disk");
});

it("an input/output error of a disk that has room is for the log", () => {
  const refusal = refusalOf(new Error("Input/output error"), 1e9);
  expect(refusal).not.toBeInstanceOf(ImportError);
  expect(refusal.message).toBe("the metastore could not commit: Input/output error");
});
