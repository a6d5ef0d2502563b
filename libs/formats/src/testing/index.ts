export * from "../canonical-rows.ts";
export * from "./fixture-cases.ts";
export * from "./fixture-schema.ts";
