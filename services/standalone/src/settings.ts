import { availableParallelism } from "node:os";
import { defineSettings, type SettingValues } from "@sluice/config";

/** Settings of the one-process server. Flags, environment (`SLUICE_…`) and a YAML file name them alike. */
export const standaloneSettings = defineSettings({
  host: {
    type: "string",
    default: "127.0.0.1",
    description: "address to listen on; others than loopback are open to the network",
  },
  port: { type: "int", default: 19530, min: 0, max: 65535, description: "port of gRPC and HTTP; 0 takes a free one" },
  dataDir: {
    type: "string",
    default: ".sluice",
    placeholder: "folder",
    description: "where state and segments are kept",
  },
  importRoot: {
    type: "list",
    placeholder: "folder",
    description:
      "folder that files may be imported from, may be repeated; default: the current folder and bucket/ in the data folder",
  },
  workers: {
    type: "int",
    min: 1,
    max: 256,
    description: "import tasks that run at once; default: the number of cores",
  },
  splitSize: {
    type: "bytes",
    default: "512MB",
    min: 1 << 20,
    description: "files that are larger are cut into tasks of about this size",
  },
  segmentSize: {
    type: "bytes",
    default: "1GB",
    min: 1 << 20,
    description: "segments are sealed when they reach this size",
  },
  flushSize: {
    type: "bytes",
    default: "16MB",
    min: 1 << 16,
    description: "rows of a segment are written when they reach this size",
  },
  workerMemory: {
    type: "bytes",
    default: "96MB",
    min: 1 << 22,
    description: "rows that a worker holds in memory, over all segments",
  },
  smallTaskSize: {
    type: "bytes",
    default: "8MB",
    min: 0,
    description: "tasks up to this size never wait for larger ones",
  },
  maxOpenJobs: { type: "int", default: 1024, min: 1, description: "import jobs that may be unfinished at once" },
  jobRetention: {
    type: "duration",
    default: "3h",
    min: 0,
    description: "how long finished import jobs are remembered",
  },
  cacheSize: { type: "bytes", default: "64MB", min: 0, description: "columns that queries keep in memory" },
  logLevel: {
    type: "string",
    choices: ["debug", "info", "warn", "error", "silent"],
    default: "warn",
    description: "least level that is logged",
  },
  logPretty: { type: "boolean", default: false, description: "log lines for people instead of JSON" },
});

export type StandaloneSettings = SettingValues<typeof standaloneSettings>;

/** Threads for import tasks. */
export function workerCount(settings: StandaloneSettings): number {
  return settings.workers ?? availableParallelism();
}
