export { AwsChunkedBody, type ChunkSigning, chunkedPayload } from "./aws-chunked.ts";
export { BodyChecks } from "./body-checks.ts";
export { etagOfParts, isPartNumber, type NamedPart, parsePartList } from "./part-list.ts";
export { type S3Code, S3Refusal } from "./s3-refusal.ts";
export {
  checkSignature,
  headerOf,
  isSigned,
  parseSignature,
  type SignedRequest,
  splitOnce,
  uriEncode,
} from "./signature.ts";
