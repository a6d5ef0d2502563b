import { defineSettings } from "@sluice/config";
import { storageSettings } from "@sluice/object-store";

// What processes share: their backends, and what every one of them is told. Each service keeps its own settings.

/** Of log and traces, for every process. */
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

/** Of the metastore that processes share; without `etcd` each has its own. */
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
  sessionTtl: {
    type: "duration",
    default: "6s",
    min: 1000,
    description: "a process that is silent so long is taken for dead: another one leads, its peers forget it",
  },
});

/** Of the task queue. Who queues tasks and who takes them must know the same. */
export const queueSettings = defineSettings({
  redis: {
    type: "string",
    placeholder: "url",
    secret: true,
    description:
      "Redis that delivers tasks: redis://, rediss://, redis+sentinel://HOST,HOST/MASTER or redis+cluster://HOST,HOST",
  },
  redisPrefix: { type: "string", default: "sluice", description: "what every key in Redis begins with" },
  redisCa: { type: "string", placeholder: "file", description: "certificate authority of Redis, PEM" },
  taskLease: {
    type: "duration",
    default: "6s",
    min: 500,
    description: "a task whose datanode is silent so long goes to another one",
  },
  smallTaskSize: {
    type: "bytes",
    default: "8MB",
    min: 0,
    description: "tasks up to this size never wait for larger ones",
  },
});

/** Of credentials that users bring, for who keeps them and who uses them. */
export const credentialsSettings = defineSettings({
  credentialsKey: {
    type: "string",
    secret: true,
    description:
      "key that credentials of imports are encrypted with in etcd and on their way to datanodes, 32 bytes in base64 or hex; default: made of internal-secret; without both they are in memory alone, and such jobs end with their rootcoord",
  },
});

/** Of clients of Zilliz Cloud, for who takes their requests, and who keeps volumes. */
export const cloudSettings = defineSettings({
  cloudIds: {
    type: "string",
    placeholder: "project/region/cluster",
    description:
      "by what clients of Zilliz Cloud call this server: requests that name another project, region or cluster are refused, and so are files of volumes in another region; default: any are taken",
  },
});

/** Of servers that turn text into vectors, for who checks functions, and who runs them. */
export const embeddingSettings = defineSettings({
  embeddingEndpoint: {
    type: "list",
    placeholder: "host[:port]",
    description:
      "server of a model that functions of text embedding may name: a host, *.DOMAIN, or a range ADDRESS/BITS of addresses that are not public; may be repeated; default: none",
  },
  embeddingKey: {
    type: "list",
    placeholder: "name=key",
    secret: true,
    description:
      "key for such servers, by the name of a provider or of a function's param credential: NAME=KEY, or NAME@HOST=KEY for one host alone; may be repeated",
  },
});

/** Of where segments lie, and of the sources beside them: every storage's own. */
export const objectSettings = defineSettings({
  ...storageSettings.objects,
  source: {
    type: "list",
    placeholder: "name=url",
    description:
      "further bucket that may be imported from, such as archive=s3://bucket/prefix?endpoint=http://host:9000; keys in SLUICE_SOURCE_<NAME>_ACCESS_KEY and _SECRET_KEY",
  },
});

/** What may be imported, for those who plan and do it: S3, and folders beside it. */
export const sourceSettings = defineSettings({
  ...objectSettings,
  ...storageSettings.sources,
  exportRoot: {
    type: "list",
    placeholder: "name=folder",
    description:
      "place that collections may be exported to, NAME=/FOLDER, the same on every machine, or NAME=s3://BUCKET/FOLDER; may be repeated; default: none",
  },
});

/** Where a process serves. @param port of gRPC, unless told otherwise */
export function serverSettings(port: number) {
  return defineSettings({
    host: { type: "string", default: "0.0.0.0", description: "address to listen on" },
    port: { type: "int", default: port, min: 0, max: 65535, description: "port of gRPC; 0 takes a free one" },
    advertiseAddress: {
      type: "string",
      placeholder: "host[:port]",
      description: "where other processes reach this one; default: the address it listens on",
    },
    internalSecret: {
      type: "string",
      secret: true,
      description:
        "what the processes of a cluster know each other by, the same for all, at least 16 characters, such as `openssl rand -base64 32` makes; without it whoever reaches their ports may do everything",
    },
    internalSecretPrevious: {
      type: "string",
      secret: true,
      description: "the internal-secret before this one, while processes are given the new one one after the other",
    },
    internalTlsCert: {
      type: "string",
      placeholder: "file",
      description:
        "certificate chain, PEM, for DNS name sluice-internal, by which processes of a cluster know each other by TLS; read anew when it changes; with internal-tls-key and internal-tls-ca, or without",
    },
    internalTlsKey: { type: "string", placeholder: "file", description: "key of that certificate, PEM" },
    internalTlsCa: {
      type: "string",
      placeholder: "file",
      description:
        "certificate authorities, PEM, one of which must have signed the certificates of the other processes",
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
  });
}
