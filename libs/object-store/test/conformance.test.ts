import { afterAll } from "@jest/globals";
import {
  CountingObjectStore,
  FaultyObjectStore,
  LocalObjectStore,
  MemoryObjectStore,
  RetryingObjectStore,
} from "@sluice/object-store";
import { objectStoreConformance } from "@sluice/object-store/testing";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

const openLocal = async (durable: boolean) => LocalObjectStore.open({ root: await folders.create(), durable });

objectStoreConformance("memory", async () => new MemoryObjectStore());
objectStoreConformance("a local directory", () => openLocal(true));
objectStoreConformance("memory, counted", async () => new CountingObjectStore(new MemoryObjectStore()));
objectStoreConformance("a local directory without syncs", () => openLocal(false));

const noWait = { attempts: 50, firstDelayMs: 0, random: () => 0 };
objectStoreConformance("a faulty local directory, retried", async () => {
  const faulty = new FaultyObjectStore(await openLocal(false), { seed: 1, errorRate: 0.3 });
  return new RetryingObjectStore(faulty, noWait);
});
objectStoreConformance("faulty memory, retried", async () => {
  return new RetryingObjectStore(new FaultyObjectStore(new MemoryObjectStore(), { seed: 2, errorRate: 0.3 }), noWait);
});
