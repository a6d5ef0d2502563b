import { defineStorage } from "../storage.ts";
import { s3BroughtOf } from "./s3-brought.ts";
import { S3ObjectStore } from "./s3-object-store.ts";
import type { S3Credentials } from "./s3-options.ts";
import { type S3Place, type S3SourcePlace, s3ImportBucket, s3Objects, s3Settings } from "./s3-settings.ts";
import { S3Source } from "./s3-source.ts";
import { S3_SOURCE_FORM, s3ExportRootOf, s3SourceOf } from "./s3-source-url.ts";

/** Buckets of AWS or of any server that speaks its protocol. */
export const s3Storage = defineStorage({
  kind: "s3",
  settings: { objects: s3Settings, sources: {} },
  chosenBy: "s3",
  // A connection is slower than a disk, and its answer takes a while.
  flushesInFlight: 3,
  schemes: { s3: S3_SOURCE_FORM },
  objectsOf: s3Objects,
  defaultSourcesOf: async (values) => {
    const bucket = await s3ImportBucket(values);
    return bucket ? [{ ...bucket, name: "import-bucket" }] : [];
  },
  sourceOf: s3SourceOf,
  exportRootOf: s3ExportRootOf,
  brought: { types: ["s3", "minio"], describe: s3BroughtOf },
  openObjects: (options: S3Place, credentials: S3Credentials | undefined, open) =>
    S3ObjectStore.open({ ...options, ...open, ...(credentials && { credentials }) }),
  prepareObjects: async (options: S3Place, credentials: S3Credentials | undefined, open) => {
    await using store = await S3ObjectStore.open({ ...options, ...open, ...(credentials && { credentials }) });
    await store.createBucket();
  },
  openSource: (options: S3SourcePlace, credentials: S3Credentials | undefined, open) =>
    S3Source.open({ ...options, ...open, ...(credentials && { credentials }) }),
});
