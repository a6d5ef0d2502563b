import { expect, it } from "@jest/globals";
import { reportIntervalMs } from "../src/jobs/report-interval.ts";

it("few tasks say every second how far they are, and many together fifty times a second, each every ten seconds at least", () => {
  expect([0, 1, 50, 100, 250, 500, 100_000].map(reportIntervalMs)).toEqual([
    1000, 1000, 1000, 2000, 5000, 10_000, 10_000,
  ]);
});
