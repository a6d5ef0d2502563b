export { type CloudIds, checkCloudIds, checkVolumeRegion, type NamedIds, parseCloudIds } from "./cloud-ids.ts";
export * from "./codes.ts";
export { type FileGrant, FileTickets } from "./file-tickets.ts";
export * from "./names.ts";
export * from "./paths.ts";
export * from "./s3/index.ts";
export { type OpenedToken, UploadTokens } from "./upload-tokens.ts";
