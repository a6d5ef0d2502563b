import { availableParallelism, totalmem } from "node:os";
import { defineSettings, kebabName, type SettingsDefinition, type SettingValues } from "@sluice/config";

/** The kinds of process of a cluster. */
export const roles = ["proxy", "rootcoord", "datacoord", "datanode", "querynode"] as const;
export type RoleName = (typeof roles)[number];

export const logSettings = defineSettings({
  logLevel: {
    type: "string",
    choices: ["debug", "info", "warn", "error", "silent"],
    default: "info",
    description: "least level that is logged",
  },
  logPretty: { type: "boolean", default: false, description: "log lines for people instead of JSON" },
  otlpEndpoint: {
    type: "string",
    placeholder: "url",
    description:
      "OpenTelemetry collector that traces are sent to over HTTP, such as http://collector:4318; default: none",
  },
});

export const etcdSettings = defineSettings({
  etcd: {
    type: "list",
    placeholder: "url",
    description: "etcd that keeps the state, such as http://etcd:2379; may be repeated for its members",
  },
  etcdPrefix: { type: "string", default: "sluice", description: "what every key in etcd begins with" },
  etcdUser: { type: "string", description: "user in etcd" },
  etcdPassword: { type: "string", secret: true, description: "password of the user in etcd" },
  etcdCa: { type: "string", placeholder: "file", description: "certificate authority of etcd, PEM" },
  etcdCert: { type: "string", placeholder: "file", description: "client certificate for etcd, PEM" },
  etcdKey: { type: "string", placeholder: "file", description: "key of the client certificate for etcd, PEM" },
});

export const redisSettings = defineSettings({
  redis: {
    type: "string",
    placeholder: "url",
    secret: true,
    description:
      "Redis that delivers tasks: redis://, rediss://, redis+sentinel://HOST,HOST/MASTER or redis+cluster://HOST,HOST",
  },
  redisPrefix: { type: "string", default: "sluice", description: "what every key in Redis begins with" },
  redisCa: { type: "string", placeholder: "file", description: "certificate authority of Redis, PEM" },
});

export const s3Settings = defineSettings({
  s3: {
    type: "string",
    placeholder: "url",
    description: "S3 service for files and segments, such as http://minio:9000",
  },
  s3Bucket: { type: "string", default: "sluice", description: "bucket of segments" },
  s3Prefix: { type: "string", default: "files", description: "what every key of a segment begins with" },
  s3Region: { type: "string", default: "us-east-1", description: "region of the S3 service" },
  s3AccessKey: {
    type: "string",
    secret: true,
    description: "access key of the S3 service; default: the AWS SDK's chain, such as the machine's role",
  },
  s3SecretKey: { type: "string", secret: true, description: "secret key of the S3 service" },
  s3PathStyle: { type: "boolean", default: true, description: "bucket in the path of a URL, not in its host" },
  s3Checksums: {
    type: "string",
    choices: ["crc32", "none"],
    default: "crc32",
    description: "checksum that the S3 service verifies what is written against",
  },
  s3Ca: { type: "string", placeholder: "file", description: "certificate authority of the S3 service, PEM" },
  importBucket: {
    type: "string",
    description: "bucket that paths of imports are keys of; default: the bucket of segments",
  },
  source: {
    type: "list",
    placeholder: "name=url",
    description:
      "further bucket that may be imported from, such as archive=s3://bucket/prefix?endpoint=http://host:9000; keys in SLUICE_SOURCE_<NAME>_ACCESS_KEY and _SECRET_KEY",
  },
});

/** Folders beside S3, for those who plan and do imports. */
export const importRootSettings = defineSettings({
  importRoot: {
    type: "list",
    placeholder: "folder",
    description: "folder that files may be imported from besides S3, the same on every machine; may be repeated",
  },
});

/** How long coordinators, sessions and tasks outlive a process that is gone. */
export const leaseSettings = defineSettings({
  sessionTtl: {
    type: "duration",
    default: "6s",
    min: 1000,
    description: "a process that is silent so long is taken for dead: another one leads, its peers forget it",
  },
});

/** Of tasks on a queue that several processes share. */
export const taskLeaseSettings = defineSettings({
  taskLease: {
    type: "duration",
    default: "6s",
    min: 500,
    description: "a task whose datanode is silent so long goes to another one",
  },
});

export const rootCoordSettings = defineSettings({
  splitSize: {
    type: "bytes",
    default: "512MB",
    min: 1 << 20,
    description: "files that are larger are cut into tasks of about this size",
  },
  maxOpenJobs: { type: "int", default: 1024, min: 1, description: "import jobs that may be unfinished at once" },
  jobRetention: {
    type: "duration",
    default: "3h",
    min: 0,
    description: "how long finished import jobs are remembered",
  },
});

/** Both the datacoord, which queues tasks, and datanodes, which take them, must know it. */
export const smallTaskSettings = defineSettings({
  smallTaskSize: {
    type: "bytes",
    default: "8MB",
    min: 0,
    description: "tasks up to this size never wait for larger ones",
  },
});

export const dataCoordSettings = defineSettings({
  gcInterval: { type: "duration", default: "5s", min: 100, description: "how often garbage is collected" },
  gcGrace: {
    type: "duration",
    default: "1m",
    min: 100,
    description: "how long after its removal a segment is removed again: longer than a datanode may be cut off",
  },
});

export const dataNodeSettings = defineSettings({
  workers: {
    type: "int",
    min: 1,
    max: 256,
    description: "import tasks that run at once; default: the number of cores, as far as the memory allows",
  },
  memory: {
    type: "bytes",
    min: 1 << 28,
    description: "memory of the process; default: three quarters of what the machine or the container has",
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
});

export const queryNodeSettings = defineSettings({
  cacheSize: { type: "bytes", default: "64MB", min: 0, description: "columns that queries keep in memory" },
});

function processSettings(port: number) {
  return defineSettings({
    host: { type: "string", default: "0.0.0.0", description: "address to listen on" },
    port: { type: "int", default: port, min: 0, max: 65535, description: "port of gRPC; 0 takes a free one" },
    advertiseAddress: {
      type: "string",
      placeholder: "host[:port]",
      description: "where other processes reach this one; default: the address it listens on",
    },
    httpHost: { type: "string", default: "0.0.0.0", description: "address of health and metrics" },
    httpPort: {
      type: "int",
      default: 9091,
      min: 0,
      max: 65535,
      description: "port of health and metrics: /healthz, /readyz, /metrics; 0 takes a free one",
    },
    drainLimit: {
      type: "duration",
      default: "60s",
      min: 0,
      description: "how long work in hand may go on after SIGTERM before it is handed back",
    },
    ...logSettings,
    ...etcdSettings,
    ...leaseSettings,
  });
}

/** Settings of each kind of process; the ports are Milvus's. */
export const settingsOf = {
  proxy: processSettings(19530),
  rootcoord: { ...processSettings(53100), ...s3Settings, ...importRootSettings, ...rootCoordSettings },
  datacoord: {
    ...processSettings(13333),
    ...s3Settings,
    ...redisSettings,
    ...taskLeaseSettings,
    ...smallTaskSettings,
    ...dataCoordSettings,
  },
  datanode: {
    ...processSettings(21124),
    ...s3Settings,
    ...importRootSettings,
    ...redisSettings,
    ...taskLeaseSettings,
    ...smallTaskSettings,
    ...dataNodeSettings,
  },
  querynode: { ...processSettings(21123), ...s3Settings, ...queryNodeSettings },
} as const satisfies Record<RoleName, SettingsDefinition>;

export type RoleSettings<Name extends RoleName> = SettingValues<(typeof settingsOf)[Name]>;

/** Every key that one settings file for the whole cluster may hold. */
export const clusterSettingKeys: readonly string[] = [
  ...new Set(Object.values(settingsOf).flatMap((definition) => Object.keys(definition).map(kebabName))),
];

/** What a process needs beside its workers, and a worker beside the rows that it holds. Measured (test/bench/RESULTS.md). */
const BASE_MEMORY_BYTES = 250 << 20;
const WORKER_OVERHEAD_BYTES = 104 << 20;

/** Threads for import tasks: as given, else one for each core, as far as they fit into the memory; at least one. */
export function workerCount(settings: {
  readonly workers: number | undefined;
  readonly memory: number | undefined;
  readonly workerMemory: number;
}): number {
  if (settings.workers !== undefined) return settings.workers;
  const memory = settings.memory ?? 0.75 * availableMemory();
  const fitting = Math.floor((memory - BASE_MEMORY_BYTES) / (settings.workerMemory + WORKER_OVERHEAD_BYTES));
  return Math.max(1, Math.min(availableParallelism(), fitting));
}

/** Bytes; the container's limit where there is one. */
function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
