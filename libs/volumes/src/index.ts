export * from "./codes.ts";
export * from "./names.ts";
export * from "./paths.ts";
export { UploadTokens } from "./upload-tokens.ts";
