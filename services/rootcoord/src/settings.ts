import { cloudSettings, credentialsSettings, embeddingSettings, type RoleSettings } from "@sluice/cluster";
import { defineSettings } from "@sluice/config";

/** Settings of the rootcoord, beside those that every process has. */
export const rootCoordSettings = defineSettings({
  splitSize: {
    type: "bytes",
    default: "512MB",
    min: 1 << 20,
    description:
      "files that are larger are cut into tasks of about this size, or smaller ones for workers that are free",
  },
  maxOpenJobs: { type: "int", default: 1024, min: 1, description: "import jobs that may be unfinished at once" },
  maxNodesKilled: {
    type: "int",
    default: 3,
    min: 1,
    max: 32,
    description:
      "datanodes that may die while they work on a task before it fails as what they die of; more where nodes are taken away at any moment",
  },
  compactionInterval: {
    type: "duration",
    default: "5s",
    min: 0,
    description: "how often small segments are looked for, which are merged in the background; 0: never",
  },
  dataSourceEndpoint: {
    type: "list",
    placeholder: "host[:port]",
    description:
      "S3 server that imports, or Milvus that copies, may name with credentials of their own: a host, *.DOMAIN, or a range ADDRESS/BITS of addresses that are not public; may be repeated; default: none but the server's own",
  },
  webhookUrl: {
    type: "string",
    secret: true,
    placeholder: "url",
    description: "URL that is told of the end of every job, by a signed message",
  },
  webhookSecret: {
    type: "string",
    secret: true,
    description: "what messages to webhooks are signed with (HMAC-SHA256): any text, or whsec_ and base64",
  },
  webhookEndpoint: {
    type: "list",
    placeholder: "host[:port]",
    description:
      "server that imports may have told of their end by the option webhook: a host, *.DOMAIN, or a range ADDRESS/BITS of addresses that are not public; may be repeated; default: none",
  },
  ...credentialsSettings,
  ...cloudSettings,
  ...embeddingSettings,
  rootPassword: {
    type: "string",
    secret: true,
    default: "Milvus",
    description: "password of the user root at first; once users are kept, it is changed as any other",
  },
  jobRetention: {
    type: "duration",
    default: "72h",
    min: 0,
    description: "how long finished import jobs are remembered",
  },
  exportFileSize: {
    type: "bytes",
    default: "32MB",
    min: 1 << 16,
    description: "files of an export have about this size; a worker holds two of them in memory",
  },
  maxVolumes: { type: "int", default: 100, min: 1, description: "volumes (stages) that there may be" },
  volumeCapacity: {
    type: "bytes",
    default: "0",
    min: 0,
    description: "bytes that the files of a volume may have together; 0: no limit",
  },
  volumeMaxFiles: { type: "int", default: 1_000_000, min: 1, description: "files that a volume may hold" },
  uploadLimit: {
    type: "bytes",
    default: "100GB",
    min: 0,
    description: "bytes that one upload into a volume may have, all its files together; 0: no limit",
  },
  uploadTokenTtl: {
    type: "duration",
    default: "1h",
    // Clients ask for new ones five minutes before: of less than that, they would ask for every file.
    min: 15 * 60_000,
    max: 12 * 3_600_000,
    description: "how long credentials for an upload are good; clients ask for new ones five minutes before",
  },
});

/** Values of these, and of those of every process. */
export type RootCoordSettings = RoleSettings<typeof rootCoordSettings>;
