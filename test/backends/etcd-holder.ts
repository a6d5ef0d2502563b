import { setTimeout as sleep } from "node:timers/promises";
import { fencedMetaStore } from "@sluice/metastore";
import { EtcdMetaStore } from "@sluice/metastore/etcd";

// Holds the key `leader` of an etcd (arguments: URL, prefix, ttl in milliseconds), and tells what happens to it. It writes
// the key `k` as fast as it can while it believes that it leads.

const [url, prefix, ttlMs] = process.argv.slice(2);
await using store = await EtcdMetaStore.open({ endpoints: [url], prefix });
const { signal } = new AbortController();
await using held = await store.hold({ key: "leader", value: "child", ttlMs: Number(ttlMs), signal });
if (held) {
  process.stdout.write("held\n");
  const fenced = fencedMetaStore(store, held);
  const write = () => fenced.commit({ guards: [], writes: [{ key: "k", value: "child" }] });
  for (;;) {
    try {
      await write();
    } catch (error) {
      process.stdout.write(`${(error as Error).name}: ${(error as Error).message}\nlost ${held.lost.aborted}\n`);
      break;
    }
    await sleep(5);
  }
}
