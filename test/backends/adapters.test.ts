import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "@jest/globals";

const root = resolve(import.meta.dirname, "../..");

/** Each port, the class names that mark its adapters and wrappers, and the suite they must pass. */
const ports = [
  { lib: "object-store", port: "ObjectStore", suite: "objectStoreConformance" },
  { lib: "object-store", port: "Source", suite: "sourceConformance" },
  { lib: "metastore", port: "MetaStore", suite: "metaStoreConformance" },
  { lib: "task-queue", port: "TaskQueue", suite: "taskQueueConformance" },
];

function sourcesOf(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: root }).map((file) => readFileSync(join(root, file), "utf8"));
}

describe.each(ports)("adapters of $port", ({ lib, port, suite }) => {
  const adapters = sourcesOf(`libs/${lib}/src/**/*.ts`).flatMap((source) =>
    [...source.matchAll(new RegExp(`export class (\\w+) implements ${port}\\b`, "g"))].map((match) => match[1]),
  );
  const suites = sourcesOf(`libs/${lib}/test/**/*.test.ts`, "test/backends/**/*.test.ts").filter((source) =>
    source.includes(`${suite}(`),
  );

  it("there are some", () => expect(adapters.length).toBeGreaterThan(0));

  it("each runs the conformance suite", () => {
    expect(adapters.filter((name) => !suites.some((source) => source.includes(name)))).toEqual([]);
  });
});
