import { expect, it } from "@jest/globals";
import { logCalls, silentLogger } from "@sluice/telemetry";

it("refused calls are told at most once a second each, others once a minute, with what was not told", () => {
  const lines: unknown[] = [];
  let nowMs = 0;
  const info = (message: string, fields?: object) => lines.push({ message, ...fields });
  const observe = logCalls({ ...silentLogger, info }, () => nowMs);
  for (let i = 0; i < 5; i++) observe("Query", 0, 0.01);
  for (let i = 0; i < 3; i++) observe("Query", 100, 0.01, "collection not found");
  nowMs = 1000;
  observe("Query", 0, 0.01);
  observe("Query", 100, 0.02, "collection not found");
  nowMs = 60_000;
  observe("Query", 0, 0.01);
  expect(lines).toEqual([
    { message: "call", method: "Query", code: 0, seconds: 0.01 },
    { message: "call refused", method: "Query", code: 100, seconds: 0.01, reason: "collection not found" },
    { message: "call refused", method: "Query", code: 100, seconds: 0.02, more: 2, reason: "collection not found" },
    { message: "call", method: "Query", code: 0, seconds: 0.01, more: 5 },
  ]);
});
