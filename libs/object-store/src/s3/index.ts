export { parseS3Source } from "./parse-s3-source.ts";
export { S3ObjectStore } from "./s3-object-store.ts";
export type { S3Credentials, S3Options } from "./s3-options.ts";
export { type NamedS3Source, type S3SourceOptions, S3SourceStore } from "./s3-source-store.ts";
