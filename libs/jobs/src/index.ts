export * from "./decide-job.ts";
export * from "./import-options.ts";
export * from "./plan-splits.ts";
export * from "./progress.ts";
export * from "./split-request.ts";
