export * from "./npy-reader.ts";
export * from "./probe-npy.ts";
