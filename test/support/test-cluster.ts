import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { RoleName } from "@sluice/cluster";
import { S3ObjectStore } from "@sluice/object-store";
import { FaultProxy } from "./fault-proxy.ts";
import { type EtcdServer, type RedisServer, type S3Server, startEtcd, startRedis, startSeaweedFs } from "./servers.ts";
import { TemporaryFolders } from "./temporary-folders.ts";
import { launchSluice, settingFlags, type TestServer } from "./test-server.ts";

/** The servers that a cluster stands on; several clusters may share them, each with its prefix and bucket. */
export class TestBackends implements AsyncDisposable {
  readonly etcd: EtcdServer;
  readonly redis: RedisServer;
  readonly s3: S3Server;
  readonly #cleanup: AsyncDisposableStack;

  private constructor(etcd: EtcdServer, redis: RedisServer, s3: S3Server, cleanup: AsyncDisposableStack) {
    this.etcd = etcd;
    this.redis = redis;
    this.s3 = s3;
    this.#cleanup = cleanup;
  }

  /** All at once; when one does not start, the others are ended. */
  static async start(startS3: () => Promise<S3Server> = startSeaweedFs): Promise<TestBackends> {
    await using cleanup = new AsyncDisposableStack();
    const starting = [startEtcd(), startRedis(), startS3()] as const;
    for (const server of await Promise.allSettled(starting))
      if (server.status === "fulfilled") cleanup.use(server.value);
    const [etcd, redis, s3] = await Promise.all(starting);
    return new TestBackends(etcd, redis, s3, cleanup.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanup.disposeAsync();
  }
}

/** What the cluster consists of. */
export interface ClusterOptions {
  /** How many processes of each role; 1 unless given. */
  readonly counts?: Partial<Readonly<Record<RoleName, number>>>;
  /** Settings of roles, by their names in the code. */
  readonly settings?: Partial<Readonly<Record<RoleName, Readonly<Record<string, string | number | boolean>>>>>;
  /** Connections to the backends go through fault proxies. */
  readonly withFaults?: boolean;
  /** Asked for each process that is started: whether its wall clock jumps. */
  readonly jumpingClocks?: () => boolean;
}

/** A process, and what it is. */
export interface ClusterProcess {
  readonly role: RoleName;
  readonly server: TestServer;
}

const jumpingClock = join(import.meta.dirname, "jumping-clock.ts");
const roles: readonly RoleName[] = ["rootcoord", "datacoord", "querynode", "datanode", "proxy"];
/** A dead process is taken for dead this soon. */
const LEASE = "2s";
const leaseSettings: Partial<Record<RoleName, Record<string, string>>> = {
  datacoord: { taskLease: LEASE, gcInterval: "500ms", gcGrace: "3s" },
  datanode: { taskLease: LEASE },
};

/** Every service as a process of its own, on real backends, on loopback. */
export class TestCluster implements AsyncDisposable {
  readonly processes: ClusterProcess[] = [];
  readonly bucket: string;
  readonly prefix: string;
  /** Where clients' files and segments are. */
  readonly objects: S3ObjectStore;
  readonly faults: { readonly etcd: FaultProxy; readonly redis: FaultProxy; readonly s3: FaultProxy } | undefined;
  readonly #backends: TestBackends;
  readonly #options: ClusterOptions;
  readonly #cleanup: AsyncDisposableStack;
  readonly #folder: string;

  private constructor(
    backends: TestBackends,
    options: ClusterOptions,
    parts: { objects: S3ObjectStore; faults: TestCluster["faults"]; bucket: string; folder: string },
    cleanup: AsyncDisposableStack,
  ) {
    this.#backends = backends;
    this.#options = options;
    this.bucket = parts.bucket;
    this.prefix = parts.bucket;
    this.objects = parts.objects;
    this.faults = parts.faults;
    this.#folder = parts.folder;
    this.#cleanup = cleanup;
  }

  /** Resolves when every process is ready. */
  static async start(backends: TestBackends, options: ClusterOptions = {}): Promise<TestCluster> {
    await using cleanup = new AsyncDisposableStack();
    const folder = await cleanup.use(new TemporaryFolders()).create();
    const bucket = `t-${randomUUID().slice(0, 12)}`;
    const objects = cleanup.use(await S3ObjectStore.open(s3Options(backends.s3, bucket)));
    await objects.createBucket();
    const faults = options.withFaults ? await openFaults(backends, cleanup) : undefined;
    const cluster = new TestCluster(backends, options, { objects, faults, bucket, folder }, cleanup.move());
    try {
      await Promise.all(roles.flatMap((role) => Array.from({ length: cluster.#count(role) }, () => cluster.add(role))));
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  #count(role: RoleName): number {
    return this.#options.counts?.[role] ?? 1;
  }

  /** Starts one more process and waits until it is ready. */
  async add(role: RoleName): Promise<TestServer> {
    const server = this.launch(role);
    await server.ready();
    return server;
  }

  /** The same without waiting. */
  launch(role: RoleName): TestServer {
    const preload = this.#options.jumpingClocks?.() ? [jumpingClock] : [];
    const options = { cwd: this.#folder, env: this.credentials(), preload };
    const server = launchSluice(role, this.flagsFor(role), options);
    this.processes.push({ role, server });
    return server;
  }

  /** The command line of a process of this cluster, after its role. */
  flagsFor(role: RoleName): string[] {
    const settings = { ...leaseSettings[role], ...this.#options.settings?.[role] };
    return [...this.#commonFlags(), ...this.#backendFlags(role), ...settingFlags(settings)];
  }

  #commonFlags(): string[] {
    const etcd = this.faults ? `http://127.0.0.1:${this.faults.etcd.port}` : this.#backends.etcd.url;
    return settingFlags({
      host: "127.0.0.1",
      port: 0,
      httpHost: "127.0.0.1",
      httpPort: 0,
      etcd,
      etcdPrefix: this.prefix,
      sessionTtl: LEASE,
      drainLimit: "5s",
    });
  }

  #backendFlags(role: RoleName): string[] {
    const s3 = this.faults ? `http://127.0.0.1:${this.faults.s3.port}` : this.#backends.s3.endpoint;
    const redis = this.faults ? `redis://127.0.0.1:${this.faults.redis.port}` : this.#backends.redis.url;
    return settingFlags({
      ...{ s3, s3Bucket: this.bucket },
      ...((role === "datacoord" || role === "datanode") && { redis, redisPrefix: this.prefix }),
    });
  }

  /** What processes of this cluster have in their environment. */
  credentials(): Record<string, string> {
    const { accessKeyId, secretAccessKey } = this.#backends.s3;
    return {
      ...{ SLUICE_S3_ACCESS_KEY: accessKeyId, SLUICE_S3_SECRET_KEY: secretAccessKey },
      SLUICE_INTERNAL_SECRET: `secret of ${this.prefix}`,
    };
  }

  /** Live processes of a role, oldest first. */
  of(role: RoleName): TestServer[] {
    return this.processes.filter((entry) => entry.role === role && !entry.server.hasEnded).map(({ server }) => server);
  }

  /** `host:port` of a proxy. */
  get address(): string {
    return this.of("proxy")[0].address;
  }

  /** What the processes logged, for a test that fails. */
  get log(): string {
    return this.processes.map(({ role, server }) => `--- ${role} ${server.pid}\n${server.stderr}`).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.processes.map(({ server }) => server.kill9()));
    await this.#cleanup.disposeAsync();
  }
}

function s3Options({ endpoint, accessKeyId, secretAccessKey }: S3Server, bucket: string) {
  const credentials = { accessKeyId, secretAccessKey };
  return {
    ...{ endpoint, bucket, prefix: "", region: "us-east-1", pathStyle: true, credentials },
    ...({ checksums: "crc32", maxSockets: 16 } as const),
  };
}

async function openFaults(backends: TestBackends, cleanup: AsyncDisposableStack) {
  const portOf = (url: string) => Number(new URL(url).port);
  const [etcd, redis, s3] = await Promise.all(
    [portOf(backends.etcd.url), backends.redis.port, portOf(backends.s3.endpoint)].map((port) => FaultProxy.open(port)),
  );
  for (const proxy of [etcd, redis, s3]) cleanup.use(proxy);
  return { etcd, redis, s3 };
}
