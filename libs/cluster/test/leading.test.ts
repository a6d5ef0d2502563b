import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { Problems } from "@sluice/cluster";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { silentLogger, silentTelemetry } from "@sluice/telemetry";
import { Leading } from "../src/leading.ts";

it("a leader that is stopped gives its lease up at once, also while its service hangs on storage", async () => {
  await using store = new MemoryMetaStore();
  const hanging = Promise.withResolvers<void>();
  const options = {
    role: "datacoord" as const,
    ttlMs: 60_000,
    store,
    problems: new Problems(silentLogger),
    advertise: (address: string) => address,
  };
  const lead = (stopped: Promise<void>) => {
    const serve = async () => ({ address: "127.0.0.1:1", [Symbol.asyncDispose]: () => stopped });
    return new Leading({ ...options, ...silentTelemetry(), serve });
  };
  const first = lead(hanging.promise);
  while (!first.isLeading) await sleep(5);
  await using second = lead(Promise.resolve());
  await sleep(50);
  expect(second.isLeading).toBe(false);
  const ended = first[Symbol.asyncDispose]();
  const deadline = performance.now() + 20_000;
  while (!second.isLeading && performance.now() < deadline) await sleep(5);
  expect(second.isLeading).toBe(true);
  hanging.resolve();
  await ended;
});
