import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram } from "./find-program.ts";

// Real servers for tests, each in a folder of its own and on free ports of loopback; `test/servers.sh` installs them.

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 8000;

/**
 * Free ports of loopback, below the range that the system gives to outgoing connections. Servers that listen on port + 10000
 * as well (SeaweedFS) find that one free, too. Nobody else who asks here is given them while this process lives, though nothing
 * listens on them yet.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = 12_000 + Math.floor(Math.random() * 10_000);
    if ((await isFree(port)) && (await isFree(port + 10_000)) && (await isReserved(port))) ports.push(port);
  }
  return ports;
}

/** By the port of that number of UDP, on which none of these servers listens: the system frees it when this process ends. */
function isReserved(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createSocket("udp4").unref();
  socket.once("error", () => resolve(false));
  socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => resolve(true));
  return promise;
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}

interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Throws, or resolves to false, while the server is not ready. */
  readonly isReady: () => Promise<boolean>;
}

/** A server as a child process: it can crash, freeze and start again on the same ports and data. */
export class BackendServer implements AsyncDisposable {
  readonly #launch: Launch;
  #child: ChildProcess | undefined;
  #log = "";

  private constructor(launch: Launch) {
    this.#launch = launch;
  }

  /** Resolves when it answers. */
  static async start(launch: Launch): Promise<BackendServer> {
    const server = new BackendServer(launch);
    await server.start();
    return server;
  }

  /** Of the process that runs now, or ran last. */
  get pid(): number {
    return this.#child?.pid as number;
  }

  /** The last 64 KiB of standard output and error, over all its processes. */
  get log(): string {
    return this.#log;
  }

  /** Starts it, again after `kill9` or `stop`, and waits until it answers. @throws Error with its log */
  async start(): Promise<void> {
    const { program, args, env, isReady } = this.#launch;
    const path = findProgram(program);
    if (path === undefined) throw new Error(`not installed: ${program}; run test/servers.sh`);
    const child = spawn(path, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#log = (this.#log + text).slice(-65_536);
      });
    const limit = Date.now() + START_LIMIT_MS;
    while (!(await isReady().catch(() => false))) {
      if (child.exitCode === null && child.signalCode === null && Date.now() < limit) await sleep(30);
      else {
        child.kill("SIGKILL");
        throw new Error(`${program} did not start:\n${this.#log}`);
      }
    }
  }

  /** SIGSTOP: connections stay open, nothing answers. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  /** After `freeze`. */
  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** A crash; `start` goes on with its data. */
  async kill9(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** As an operator stops it. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGCONT");
    child.kill(signal);
    const isLate = await Promise.race([ended.then(() => false), sleep(STOP_LIMIT_MS, true, { ref: false })]);
    if (isLate) child.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end("SIGKILL");
    await rm(this.#launch.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const isServing = async (url: string) => (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;

function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createConnection(port, "127.0.0.1", () => resolve(true));
  socket.once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

const newFolder = (name: string) => mkdtemp(join(tmpdir(), `sluice-${name}-`));

/** Paths of PEM files. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** An etcd of its own. */
export interface EtcdServer extends AsyncDisposable {
  readonly server: BackendServer;
  /** `http://127.0.0.1:PORT`, `https` with TLS. */
  readonly url: string;
}

/** etcd of one member. With `tls` clients need a certificate of the same authority. */
export async function startEtcd(options: { readonly tls?: TlsFiles } = {}): Promise<EtcdServer> {
  const [client, peer] = await freePorts(2);
  const folder = await newFolder("etcd");
  const url = `${options.tls ? "https" : "http"}://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const { tls } = options;
  const server = await BackendServer.start({
    program: "etcd",
    args: [
      ...["--name", "t", "--data-dir", join(folder, "data"), "--logger", "zap", "--log-level", "warn"],
      ...["--log-outputs", "stderr", "--listen-client-urls", url, "--advertise-client-urls", url],
      ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl, "--initial-cluster", `t=${peerUrl}`],
      ...(tls ? ["--cert-file", tls.cert, "--key-file", tls.key, "--trusted-ca-file", tls.ca] : []),
      ...(tls ? ["--client-cert-auth=true"] : []),
    ],
    folder,
    isReady: () => (tls ? isListening(client) : isServing(`${url}/health`)),
  });
  return { server, url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A Redis of its own. */
export interface RedisServer extends AsyncDisposable {
  readonly server: BackendServer;
  readonly port: number;
  /** `redis://127.0.0.1:PORT`, `rediss` with TLS. */
  readonly url: string;
}

/** How Redis is started. */
export interface RedisOptions {
  readonly tls?: TlsFiles;
  readonly password?: string;
  /** Keeps nothing over a restart. */
  readonly inMemory?: boolean;
  readonly args?: readonly string[];
}

/** Resolves when it answers. Data is synced every second unless it is in memory. */
export async function startRedis({ tls, password, inMemory, args = [] }: RedisOptions = {}): Promise<RedisServer> {
  const [port] = await freePorts(1);
  const folder = await newFolder("redis");
  const server = await BackendServer.start({
    program: "redis-server",
    args: [
      ...(tls ? ["--port", "0", "--tls-port", `${port}`, "--tls-auth-clients", "optional"] : ["--port", `${port}`]),
      ...(tls ? ["--tls-cert-file", tls.cert, "--tls-key-file", tls.key, "--tls-ca-cert-file", tls.ca] : []),
      ...(password ? ["--requirepass", password] : []),
      ...["--bind", "127.0.0.1", "--dir", folder, "--save", "", "--maxmemory-policy", "noeviction"],
      ...(inMemory ? ["--appendonly", "no"] : ["--appendonly", "yes", "--appendfsync", "everysec"]),
      ...args,
    ],
    folder,
    isReady: () => isListening(port),
  });
  return {
    server,
    port,
    url: `${tls ? "rediss" : "redis"}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A sentinel that watches the primary at `port` as `main`, and promotes a replica soon after it has died. */
export async function startSentinel(primaryPort: number): Promise<RedisServer> {
  const [port] = await freePorts(1);
  const folder = await newFolder("sentinel");
  const config = join(folder, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${primaryPort} 1`,
    "sentinel down-after-milliseconds main 500",
    "sentinel failover-timeout main 2000",
  ];
  await writeFile(config, `${lines.join("\n")}\n`);
  const server = await BackendServer.start({
    program: "redis-server",
    args: [config, "--sentinel"],
    folder,
    isReady: () => isListening(port),
  });
  const url = `redis+sentinel://127.0.0.1:${port}/main`;
  return { server, port, url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A store that speaks S3, with credentials that may do everything. */
export interface S3Server extends AsyncDisposable {
  readonly server: BackendServer;
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const testCredentials = { accessKeyId: "sluice-test", secretAccessKey: "sluice-test-secret" };

/** SeaweedFS. It has no buckets yet: who uses it creates them. */
export async function startSeaweedFs(credentials = testCredentials): Promise<S3Server> {
  const [s3, master, filer, volume, admin] = await freePorts(5);
  const folder = await newFolder("weed");
  const data = join(folder, "data");
  await mkdir(data);
  const endpoint = `http://127.0.0.1:${s3}`;
  const server = await BackendServer.start({
    program: "weed",
    args: [
      ...["-logtostderr=true", "mini", `-dir=${data}`, "-ip=127.0.0.1", "-ip.bind=127.0.0.1", `-s3.port=${s3}`],
      ...[`-master.port=${master}`, `-filer.port=${filer}`, `-volume.port=${volume}`, `-admin.port=${admin}`],
      ...["-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"],
    ],
    env: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      GOMEMLIMIT: "400MiB",
    },
    folder,
    isReady: () => isServing(`${endpoint}/healthz`),
  });
  return { server, endpoint, ...credentials, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** versitygw: objects are files, as they are. It has no buckets yet: who uses it creates them. */
export async function startVersityGw({ tls }: { readonly tls?: TlsFiles } = {}): Promise<S3Server> {
  const [port] = await freePorts(1);
  const folder = await newFolder("versitygw");
  const data = join(folder, "data");
  await mkdir(data);
  const credentials = testCredentials;
  const endpoint = `${tls ? "https" : "http"}://127.0.0.1:${port}`;
  const server = await BackendServer.start({
    program: "versitygw",
    // Without keep-alive it ends a connection after each answer, as no other server does.
    args: [
      ...["--port", `127.0.0.1:${port}`, "--health", "/health", "--quiet", "--keep-alive"],
      ...(tls ? ["--cert", tls.cert, "--key", tls.key] : []),
      ...["posix", data],
    ],
    env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
    folder,
    isReady: () => (tls ? isListening(port) : isServing(`${endpoint}/health`)),
  });
  return { server, endpoint, ...credentials, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
