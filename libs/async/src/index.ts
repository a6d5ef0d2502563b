export * from "./byte-budget.ts";
export * from "./map-concurrent.ts";
export { ARENA_SCRATCH_BYTES } from "./memory-arena.ts";
export * from "./memory-pool.ts";
export * from "./serial.ts";
export * from "./sleep.ts";
export * from "./slots.ts";
export * from "./turns.ts";
export * from "./weighted-slots.ts";
