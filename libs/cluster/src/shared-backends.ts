import { readFile } from "node:fs/promises";
import { SettingsError, type SettingValues } from "@sluice/config";
import { StatusError } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import {
  type ObjectStoreDescription,
  parseS3Source,
  S3ObjectStore,
  type S3Options,
  type SourceStoreDescription,
} from "@sluice/object-store";
import type { TaskQueue } from "@sluice/task-queue";
import type { Logger } from "@sluice/telemetry";
import type { etcdSettings, queueSettings, s3Settings } from "./settings.ts";

// Settings -> servers that processes share. Their clients are loaded when they are asked for: one process that needs none of
// them pays for none.

/** How long storage that is away is waited for while a client or the start waits. */
const BRIEF_PATIENCE_MS = 8000;
/** Connections of one store of one process or thread. */
const MAX_SOCKETS = 64;

type EtcdValues = SettingValues<typeof etcdSettings>;
type S3Values = SettingValues<typeof s3Settings>;
type QueueValues = SettingValues<typeof queueSettings>;

/** The metastore in etcd. @throws {SettingsError}; {Error} when etcd cannot be reached or refuses */
export async function openEtcd(settings: EtcdValues): Promise<MetaStore> {
  const { EtcdMetaStore } = await import("@sluice/metastore/etcd");
  const endpoints = given("etcd", settings.etcd, (list) => list.length > 0);
  const { etcdPrefix: prefix, etcdUser: user, etcdPassword: password } = settings;
  const [caPem, certPem, keyPem] = await Promise.all([
    pem("etcd-ca", settings.etcdCa),
    pem("etcd-cert", settings.etcdCert),
    pem("etcd-key", settings.etcdKey),
  ]);
  return EtcdMetaStore.open({
    endpoints,
    prefix,
    ...(user !== undefined && { auth: { user, password: password ?? "" } }),
    ...((caPem ?? certPem ?? keyPem) !== undefined && { tls: { caPem, certPem, keyPem } }),
  }).catch((error: Error) => {
    // What etcd refuses may pass; an endpoint or a prefix that is none stays one.
    throw error instanceof StatusError ? error : new SettingsError([`setting etcd: ${error.message}`]);
  });
}

/** The task queue in Redis. @throws {SettingsError} */
export async function openRedis(settings: QueueValues, log: Logger): Promise<TaskQueue> {
  const { BullTaskQueue } = await import("@sluice/task-queue/bullmq");
  const url = given("redis", settings.redis, (text) => text !== "");
  const caPem = await pem("redis-ca", settings.redisCa);
  const onWarning = (reason: string) => log.warn("Redis should be set up otherwise", { reason });
  return BullTaskQueue.open({
    url,
    onWarning,
    prefix: settings.redisPrefix,
    smallTaskBytes: settings.smallTaskBytes,
    leaseMs: settings.taskLeaseMs,
    ...(caPem !== undefined && { tls: { caPem } }),
  }).catch((error: Error) => {
    throw new SettingsError([`setting redis: ${error.message}`]);
  });
}

/** Creates the bucket of segments where it is missing and this process may; else the first use of it says what is wrong. */
export async function createBucket(settings: S3Values, log: Logger): Promise<void> {
  await using store = await S3ObjectStore.open({ ...(await s3Options(settings)), patienceMs: BRIEF_PATIENCE_MS });
  await store.createBucket().catch((error) => log.warn("the bucket could not be created", { err: error }));
}

/** The same for who lets a client wait: storage that is away is not waited for as long as by tasks. */
export function briefly(sources: SourceStoreDescription): SourceStoreDescription {
  if (sources.kind === "local") return sources;
  const { importBucket, named, ...others } = sources.options;
  const brief = (options: S3Options): S3Options => ({ ...options, patienceMs: BRIEF_PATIENCE_MS });
  const options = {
    ...others,
    importBucket: brief(importBucket),
    named: named.map((source) => ({ ...source, options: brief(source.options) })),
  };
  return { ...sources, options };
}

/** The store of segments. */
export async function s3Objects(settings: S3Values): Promise<ObjectStoreDescription> {
  return { kind: "s3", options: await s3Options(settings) };
}

/**
 * What paths of imports mean.
 * @param roots folders of this machine that may be imported from besides
 */
export async function s3Sources(settings: S3Values, roots: readonly string[] = []): Promise<SourceStoreDescription> {
  const segments = await s3Options(settings);
  const bucket = settings.importBucket ?? segments.bucket;
  const importBucket = { ...segments, bucket, prefix: "" };
  const named = (settings.source ?? []).map((text) => namedSource(text, importBucket));
  const reserved = bucket === segments.bucket ? { reserved: segments.prefix } : {};
  return { kind: "s3", options: { importBucket, named, ...reserved }, roots };
}

function namedSource(text: string, importBucket: S3Options) {
  try {
    return parseS3Source(text, process.env, importBucket);
  } catch (error) {
    throw new SettingsError([`setting source: ${(error as Error).message}`]);
  }
}

export async function s3Options(settings: S3Values): Promise<S3Options> {
  const endpoint = given("s3", settings.s3, (url) => url !== "");
  const caPem = await pem("s3-ca", settings.s3Ca);
  const { s3AccessKey: accessKeyId, s3SecretKey: secretAccessKey } = settings;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new SettingsError(["settings s3-access-key and s3-secret-key: give both or none"]);
  return {
    endpoint,
    bucket: settings.s3Bucket,
    prefix: settings.s3Prefix,
    region: settings.s3Region,
    pathStyle: settings.s3PathStyle,
    checksums: settings.s3Checksums,
    maxSockets: MAX_SOCKETS,
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
    ...(caPem !== undefined && { caPem }),
  };
}

function given<T>(name: string, value: T | undefined, isGiven: (value: T) => boolean): T {
  if (value !== undefined && isGiven(value)) return value;
  const variable = `SLUICE_${name.toUpperCase().replaceAll("-", "_")}`;
  throw new SettingsError([`setting ${name} is missing: give --${name} or ${variable}`]);
}

async function pem(name: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new SettingsError([`setting ${name}: the file ${path} cannot be read: ${(error as Error).message}`]);
  }
}
