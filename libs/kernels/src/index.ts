export { exactFloat32 } from "./exact-float32.ts";
export { FloatListScanner } from "./float-list-scanner.ts";
export { NO_NUMBER, type NumberScan, OVERFLOW, scanFloat32 } from "./float32-scanner.ts";
export { type Int64Scan, scanInt64 } from "./int64-scanner.ts";
