import { etcdSettings, logSettings, queueSettings, sourceSettings } from "@sluice/cluster";
import { defineSettings, type SettingValues } from "@sluice/config";
import { roleSettings } from "./role-settings.ts";

/** Settings of the one-process server: those of every role and backend, and where it keeps what is embedded. */
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
  ...roleSettings,
  // Nobody else collects, and looking is cheap.
  gcInterval: { ...roleSettings.gcInterval, default: "1s" },
  ...etcdSettings,
  ...queueSettings,
  ...sourceSettings,
  importRoot: {
    type: "list",
    placeholder: "folder",
    description:
      "folder that files may be imported from, may be repeated; default: the current folder and bucket/ in the data folder",
  },
  ...logSettings,
});

/** Values of all services' settings, and of its own. */
export type StandaloneSettings = SettingValues<typeof standaloneSettings>;
