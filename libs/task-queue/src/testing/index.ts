export * from "./conformance.ts";
export * from "./manual-clock.ts";
