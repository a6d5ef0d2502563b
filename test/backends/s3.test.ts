import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { S3ObjectStore, type S3Options } from "@sluice/object-store";
import { objectStoreConformance } from "@sluice/object-store/testing";
import { hasPrograms, type S3Server, startSeaweedFs } from "../support/servers.ts";

const endpoint = process.env.SLUICE_TEST_S3_ENDPOINT;
let server: S3Server | undefined;
let options: S3Options;
let folders = 0;

beforeAll(async () => {
  if (!endpoint) server = await startSeaweedFs();
  options = {
    endpoint: endpoint ?? server?.endpoint,
    region: "us-east-1",
    bucket: "sluice-test",
    prefix: "",
    pathStyle: true,
    credentials: {
      accessKeyId: process.env.SLUICE_TEST_S3_ACCESS_KEY ?? server?.accessKeyId ?? "",
      secretAccessKey: process.env.SLUICE_TEST_S3_SECRET_KEY ?? server?.secretAccessKey ?? "",
    },
    checksums: "crc32",
    maxSockets: 32,
    idleMs: 8_000,
    patienceMs: 20_000,
  };
  await using store = await S3ObjectStore.open(options);
  await store.createBucket();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

const run = Date.now().toString(36);
const open = (more: Partial<S3Options> = {}) =>
  S3ObjectStore.open({ ...options, prefix: `${run}/${++folders}`, ...more });

objectStoreConformance("S3", () => open(), { mayListByParts: true });
objectStoreConformance("S3 without CRC-32", () => open({ checksums: "none" }), { mayListByParts: true });
