import { readFile } from "node:fs/promises";
import { SettingsError, type SettingValues } from "@sluice/config";
import { StatusError } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import {
  broughtSources,
  type DescribeBrought,
  type DescribedRoots,
  type DescribedSources,
  type DescribedStorage,
  describeExportRoots,
  describeObjects,
  describeSources,
  MissingStorage,
  type StorageValues,
} from "@sluice/object-store";
import type { TaskQueue } from "@sluice/task-queue";
import type { Logger } from "@sluice/telemetry";
import type { etcdSettings, queueSettings } from "./settings.ts";

// Settings -> servers that processes share. Their clients are loaded when they are asked for: one process that needs none of
// them pays for none.

type EtcdValues = SettingValues<typeof etcdSettings>;
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

/** Where segments lie. @throws {SettingsError} */
export async function objectsOf(settings: StorageValues): Promise<DescribedStorage> {
  try {
    return await describeObjects(settings);
  } catch (error) {
    if (error instanceof MissingStorage) return given<DescribedStorage>(error.setting, undefined, () => false);
    throw new SettingsError([(error as Error).message]);
  }
}

/** Whether the settings say where segments lie. @throws {SettingsError} for what cannot be */
export async function hasObjects(settings: StorageValues): Promise<boolean> {
  try {
    await describeObjects(settings);
    return true;
  } catch (error) {
    if (error instanceof MissingStorage) return false;
    throw new SettingsError([(error as Error).message]);
  }
}

/** Where files are imported from. @throws {SettingsError} */
export async function sourcesOf(
  settings: StorageValues & { readonly source?: readonly string[] },
): Promise<DescribedSources> {
  await objectsOf(settings); // Of a process that knows no storage at all, this says which setting it lacks.
  try {
    return await describeSources(settings, settings.source ?? [], process.env);
  } catch (error) {
    throw new SettingsError([`setting source: ${(error as Error).message}`]);
  }
}

/** Where files may be exported to. @throws {SettingsError} */
export async function exportRootsOf(
  settings: StorageValues & { readonly exportRoot?: readonly string[] },
): Promise<DescribedRoots> {
  try {
    return await describeExportRoots(settings, settings.exportRoot ?? [], process.env);
  } catch (error) {
    throw new SettingsError([`setting export-root: ${(error as Error).message}`]);
  }
}

/** Which stores jobs may bring. @throws {SettingsError} */
export function broughtOf(settings: StorageValues, endpoints: readonly string[]): DescribeBrought {
  try {
    return broughtSources(settings, endpoints);
  } catch (error) {
    throw new SettingsError([`setting data-source-endpoint: ${(error as Error).message}`]);
  }
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
