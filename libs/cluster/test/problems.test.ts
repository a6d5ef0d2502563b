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
});

it("a process waits for what stops it, and is ready without what it can do without", () => {
  const problems = new Problems(silentLogger);
  expect(problems.readiness(undefined)).toEqual({ status: 200, body: "OK" });
  expect(problems.readiness("datacoord")).toEqual({ status: 503, body: "datacoord" });
  problems.degrade('source "books"', "the bucket is gone");
  expect(problems.readiness(undefined)).toEqual({
    status: 200,
    body: 'OK\ndegraded: source "books": the bucket is gone',
  });
  problems.set("queue", "a");
  problems.set("etcd", "b");
  expect(problems.readiness("datacoord").body).toBe('a; b\ndegraded: source "books": the bucket is gone');
  problems.degrade('source "books"', undefined);
  expect(problems.readiness(undefined)).toEqual({ status: 503, body: "a; b" });
});
