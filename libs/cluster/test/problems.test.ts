import { expect, it } from "@jest/globals";
import { Problems } from "@sluice/cluster";
import { silentLogger } from "@sluice/telemetry";

it("a problem is logged when it begins, changes and ends, however often it is told", () => {
  const lines: unknown[] = [];
  const problems = new Problems({ ...silentLogger, warn: (message, fields) => lines.push([message, fields?.reason]) });
  for (const reason of ["away", "away", "refuses", "refuses", undefined, undefined]) problems.set("queue", reason);
  expect(lines).toEqual([
    ["a backend does not serve", "away"],
    ["a backend does not serve", "refuses"],
    ["a backend serves again", undefined],
  ]);
  problems.set("queue", "a");
  problems.set("etcd", "b");
  expect(problems.summary).toBe("a; b");
});
