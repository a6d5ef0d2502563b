export { exactFloat32 } from "./exact-float32.ts";
export { scanFloat32, type NumberScan } from "./float32-scanner.ts";
export { scanInt64, type Int64Scan } from "./int64-scanner.ts";
