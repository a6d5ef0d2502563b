export { copyShort, LONG_BYTES, viewOf } from "./copy-short.ts";
export { exactFloat32 } from "./exact-float32.ts";
export { FloatListScanner } from "./float-list-scanner.ts";
export { type NumberScan, OVERFLOW, scanFloat32 } from "./float32-scanner.ts";
export { type Int64Scan, scanInt64 } from "./int64-scanner.ts";
export {
  keepFloatsWithin,
  keepInt64sWithin,
  keepIntegersWithin,
  keepRemaindersWithin,
  REMAINDER_LIMIT,
} from "./intervals.ts";
export { addInt64Keys, bucketsOfInt64Keys, hashInt64Keys, sampleInt64Keys } from "./key-hashes.ts";
export { MinHasher } from "./min-hasher.ts";
export { copyRuns, findNotFiniteFloat, groupRows, joinRows, numberRows, type Runs } from "./rows.ts";
export { decodeSnappyBlock } from "./snappy.ts";
export { placeTexts, type TextRoom, takeNumberedTexts, takePlainTexts, writePlainTexts } from "./texts.ts";
