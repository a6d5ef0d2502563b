export * from "../array-reader.ts";
export * from "./probe-npy.ts";
