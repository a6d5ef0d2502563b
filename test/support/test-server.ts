import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { compiledProgram, sluiceProgram } from "./sluice-program.ts";

/** Twice what a start takes on a busy machine, and some. */
const START_LIMIT_MS = 40_000;
/** A server that drains longer than this hangs. */
const STOP_LIMIT_MS = 20_000;
/** Bytes of standard error that are kept: the newest. */
const KEPT_LOG = 64 << 10;

/** How a standalone is started. */
export interface ServerOptions {
  readonly dataDir: string;
  readonly importRoots: readonly string[];
  /** Further settings by their names in the code, `splitSize: "1MB"`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a standalone server as a child process. @throws Error with its log when it ends before it is ready */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const server = launchServer(options);
  await server.ready();
  return server;
}

/** The same without waiting until it is ready. */
export function launchServer(options: ServerOptions): TestServer {
  return launchSluice("standalone", flagsOf(options), {
    cwd: options.dataDir,
    ...(options.env && { env: options.env }),
  });
}

/** How the process of a server is started. */
export interface LaunchOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Modules that are loaded before the program. */
  readonly preload?: readonly string[];
}

/** Starts the program `sluice` with a command and flags. */
export function launchSluice(
  command: string,
  flags: readonly string[],
  { cwd, env, preload = [] }: LaunchOptions,
): TestServer {
  const imports = preload.map((file) => `--import=${file}`);
  const child = spawn(process.execPath, [...imports, sluiceProgram(), command, ...flags], {
    cwd,
    env: { ...cleanEnv(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new TestServer(child);
}

/** A server in a process of its own, on loopback. */
export class TestServer implements AsyncDisposable {
  /** `host:port` of gRPC and HTTP; `-` for a process of a cluster without a server. */
  address = "";
  /** `host:port` of health and metrics of a process of a cluster. */
  healthAddress = "";
  /** Resolves when the process has ended. */
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #readyLine: Promise<RegExpExecArray>;
  #log = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = once(child, "close");
    this.#readyLine = readyLine(child);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#log = (this.#log + text).slice(-KEPT_LOG);
    });
  }

  /** Of the process that runs now, or ran last. */
  get pid(): number {
    return this.#child.pid as number;
  }

  /** The end of what it has logged so far. */
  get stderr(): string {
    return this.#log;
  }

  /** Waits until clients may connect. @throws Error with the log when the process ends before, or takes too long */
  async ready(): Promise<void> {
    const late = sleep(START_LIMIT_MS, undefined, { ref: false });
    const line = await Promise.race([this.#readyLine, this.ended.then(() => undefined), late]);
    if (line) {
      this.address = line[1];
      this.healthAddress = line[2] ?? "";
      return;
    }
    const { hasEnded } = this;
    await this.kill9();
    const why = hasEnded ? `ended with code ${this.#child.exitCode} before it was ready` : "was not ready in time";
    throw new Error(`the server ${why}:\n${this.#log}`);
  }

  /** By itself, or killed: it is not told why. */
  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** SIGSTOP: connections stay open, nothing answers, no timer runs. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  /** After `freeze`. */
  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** Ends the process as a crash does. */
  async kill9(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** Ends the process as an operator does. @throws Error when it does not end, or with an error */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.thaw();
    this.#child.kill("SIGTERM");
    const late = await Promise.race([this.ended.then(() => false), sleep(STOP_LIMIT_MS, true, { ref: false })]);
    if (late) await this.kill9();
    if (late || this.#child.exitCode !== 0) {
      const how = late ? "did not stop" : `stopped with ${this.#child.exitCode ?? this.#child.signalCode}`;
      throw new Error(`the server ${how}:\n${this.#log}`);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function flagsOf({ dataDir, importRoots, settings = {} }: ServerOptions): string[] {
  return [
    ...["--port=0", `--data-dir=${dataDir}`],
    ...importRoots.map((root) => `--import-root=${root}`),
    ...settingFlags(settings),
  ];
}

/** `splitSize: "1MB"` -> `--split-size=1MB` */
export function settingFlags(settings: Readonly<Record<string, string | number | boolean>>): string[] {
  // A switch takes no value.
  return Object.entries(settings).map(([name, value]) => `--${kebab(name)}${value === true ? "" : `=${value}`}`);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What jest needs must not reach the server, and nobody's settings either. */
function cleanEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("SLUICE_") && name !== "NODE_OPTIONS");
  return {
    ...Object.fromEntries(kept),
    NODE_OPTIONS: "--disable-warning=ExperimentalWarning",
    NODE_COMPILE_CACHE: compiledProgram(),
  };
}

function readyLine(child: ChildProcess): Promise<RegExpExecArray> {
  const { promise, resolve: found } = Promise.withResolvers<RegExpExecArray>();
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on("line", (line) => {
    const ready = /^ready (\S+)(?: health (\S+))?$/.exec(line);
    if (ready) found(ready);
  });
  return promise;
}
