import { afterAll } from "@jest/globals";
import { EmbeddedMetaStore } from "@sluice/metastore";
import { MemoryMetaStore, metaStoreConformance } from "@sluice/metastore/testing";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

metaStoreConformance("memory", async () => new MemoryMetaStore());
metaStoreConformance("embedded", async () => EmbeddedMetaStore.open({ path: await folders.create() }));
