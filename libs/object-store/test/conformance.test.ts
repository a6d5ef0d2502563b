import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "@jest/globals";
import { CountingObjectStore, LocalObjectStore, type Source } from "@sluice/object-store";
import {
  FaultyObjectStore,
  MemoryObjectStore,
  ObjectSource,
  objectStoreConformance,
  type SourceFixture,
  sourceConformance,
} from "@sluice/object-store/testing";
import { LocalSource } from "../src/local/local-source.ts";
import { ConfinedSource } from "../src/sources/confined-source.ts";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

const openLocal = async (durable: boolean) => LocalObjectStore.open({ root: await folders.create(), durable });

objectStoreConformance("memory", async () => new MemoryObjectStore());
objectStoreConformance("a local directory", () => openLocal(true));
objectStoreConformance("memory, counted", async () => new CountingObjectStore(new MemoryObjectStore()));
objectStoreConformance("a local directory without syncs", () => openLocal(false));
objectStoreConformance("memory, as fault tests have it", async () => {
  return new FaultyObjectStore(new MemoryObjectStore(), { seed: 1, errorRate: 0 });
});

/** @param wrap what stands before each source */
const inMemory = (wrap: (source: Source) => Source) => async (): Promise<SourceFixture> => {
  const store = new MemoryObjectStore();
  return {
    source: wrap(new ObjectSource(store)),
    another: wrap(new ObjectSource(store)),
    write: async (key, bytes) => void (await store.put(key, [bytes])),
    remove: (key) => store.delete([key]),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
};

const inFolders = (wrap: (source: Source) => Source) => async (): Promise<SourceFixture> => {
  const root = await folders.create();
  return {
    source: wrap(await LocalSource.open({ roots: [root] })),
    another: wrap(await LocalSource.open({ roots: [root] })),
    write: async (key, bytes) => {
      await sleep(10); // File systems count time in steps of some milliseconds.
      await mkdir(dirname(join(root, key)), { recursive: true });
      await writeFile(join(root, key), bytes);
    },
    remove: (key) => rm(join(root, key)),
    [Symbol.asyncDispose]: async () => {},
  };
};

const bare = (source: Source) => source;
const confined = (source: Source) => new ConfinedSource(source, { folders: [""], allowed: ["/"] });
const refusing = (open: () => Promise<SourceFixture>) => async (): Promise<SourceFixture> => {
  return { ...(await open()), refusal: /roles may import from: \/|allowed: .*--import-root/ };
};

sourceConformance("memory", inMemory(bare));
sourceConformance("folders", inFolders(bare));
sourceConformance("memory, confined to all of it", refusing(inMemory(confined)));
sourceConformance("folders, confined to all of them", refusing(inFolders(confined)));
