import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "@jest/globals";
import { EtcdMetaStore } from "@sluice/metastore/etcd";
import { metaStoreConformance } from "@sluice/metastore/testing";
import { type EtcdServer, hasPrograms, startEtcd } from "../support/servers.ts";

(hasPrograms("etcd") ? describe : describe.skip)("EtcdMetaStore", () => {
  let etcd: EtcdServer;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(async () => etcd[Symbol.asyncDispose]());

  metaStoreConformance("etcd", () => EtcdMetaStore.open({ endpoints: [etcd.url], prefix: randomUUID() }));
});
