import {
  dataNodeSettings,
  etcdSettings,
  leaseSettings,
  logSettings,
  queryNodeSettings,
  redisSettings,
  rootCoordSettings,
  s3Settings,
  smallTaskSettings,
  taskLeaseSettings,
} from "@sluice/cluster/settings";
import { defineSettings, type SettingValues } from "@sluice/config";

const { memory: _, ...dataNodeLimits } = dataNodeSettings;

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
  ...rootCoordSettings,
  ...smallTaskSettings,
  ...dataNodeLimits,
  workers: {
    type: "int",
    min: 1,
    max: 256,
    description: "import tasks that run at once; default: the number of cores",
  },
  ...queryNodeSettings,
  ...etcdSettings,
  ...leaseSettings,
  ...redisSettings,
  ...taskLeaseSettings,
  ...s3Settings,
  ...logSettings,
  logLevel: { ...logSettings.logLevel, default: "warn" },
});

export type StandaloneSettings = SettingValues<typeof standaloneSettings>;
