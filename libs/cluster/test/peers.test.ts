import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { Peers } from "@sluice/cluster";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { silentLogger } from "@sluice/telemetry";

it("peers have one watch, however often the sessions could not be read", async () => {
  await using store = new MemoryMetaStore();
  const presence = { role: "datacoord", address: "127.0.0.1:1", host: "h", pid: 1, startedMs: 0 };
  const write = { key: "session/datacoord/a", value: JSON.stringify(presence) };
  await store.commit({ guards: [], writes: [write] });
  const watches: AbortSignal[] = [];
  let failures = 3;
  const failing = Object.assign(Object.create(store) as MemoryMetaStore, {
    scan: (prefix: string) => {
      if (failures-- > 0) throw new Error("etcd is away");
      return store.scan(prefix);
    },
    watch: (prefix: string, signal: AbortSignal) => {
      watches.push(signal);
      return store.watch(prefix, signal);
    },
  });
  await using peers = Peers.watch(failing, silentLogger);
  while (peers.list("datacoord").length === 0) await sleep(20);
  expect(watches.map(({ aborted }) => aborted)).toEqual([true, true, true, false]);
});
