import { afterAll } from "@jest/globals";
import { CountingObjectStore, LocalObjectStore, MemoryObjectStore } from "@sluice/object-store";
import { objectStoreConformance } from "@sluice/object-store/testing";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

const openLocal = async (durable: boolean) => LocalObjectStore.open({ root: await folders.create(), durable });

objectStoreConformance("memory", async () => new MemoryObjectStore());
objectStoreConformance("a local directory", () => openLocal(true));
objectStoreConformance("memory, counted", async () => new CountingObjectStore(new MemoryObjectStore()));
objectStoreConformance("a local directory without syncs", () => openLocal(false));
