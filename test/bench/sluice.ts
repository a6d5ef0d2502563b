import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, checkStatus, common, connectClient, milvus, schema } from "@sluice/rpc";

/** Root of this clone. */
export const ownBuild = join(import.meta.dirname, "../..");

/** How the measured server is started. */
export interface BenchServerOptions {
  /** Root of a clone that is built; this one unless given. */
  readonly build?: string;
  /** Further flags of the standalone. */
  readonly flags?: readonly string[];
  /** Further flags of Node. */
  readonly nodeFlags?: readonly string[];
  /** Goes on with what the data folder has, and leaves it there. */
  readonly keepsData?: boolean;
}

/** A built Sluice in a process of its own, on a fresh data folder unless told otherwise, driven through the public interface. */
export class BenchServer implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #dataDir: string;
  readonly address: string;
  readonly #keepsData: boolean;
  readonly client: Client<milvus.MilvusServiceClient>;

  private constructor(child: ChildProcess, dataDir: string, address: string, keepsData: boolean) {
    this.#process = child;
    this.#dataDir = dataDir;
    this.address = address;
    this.#keepsData = keepsData;
    this.client = connectClient(milvus.MilvusServiceClient, address);
  }

  /** Resolves when it is ready. @param importRoot undefined: no files may be imported */
  static async start(
    dataDir: string,
    importRoot: string | undefined,
    workers: number,
    { build = ownBuild, flags = [], nodeFlags = [], keepsData = false }: BenchServerOptions = {},
  ): Promise<BenchServer> {
    if (!keepsData) rmSync(dataDir, { recursive: true, force: true });
    const args = [
      ...nodeFlags,
      join(build, "services/cli/dist/main.js"),
      "standalone",
      "--port",
      "0",
      "--data-dir",
      dataDir,
      ...(importRoot === undefined ? [] : ["--import-root", importRoot]),
      "--workers",
      String(workers),
      ...flags,
    ];
    const child = spawn(process.execPath, args, {
      // Its log would stand between the figures.
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    const address = await new Promise<string>((resolve, reject) => {
      let text = "";
      child.stdout?.on("data", (chunk) => {
        text += chunk;
        const ready = /ready (\S+)\n/.exec(text);
        if (ready) resolve(ready[1]);
      });
      child.once("exit", (code) => reject(new Error(`the server ended with ${code} before it was ready`)));
    });
    return new BenchServer(child, dataDir, address, keepsData);
  }

  /** An int64 key `id` and a float `vector`. */
  async createCollection(name: string, dim: number, shards = 2, autoID = false): Promise<void> {
    const fields = [
      { name: "id", dataType: 5, isPrimaryKey: true, autoID },
      { name: "vector", dataType: 101, typeParams: [{ key: "dim", value: String(dim) }] },
    ];
    const message = schema.CollectionSchema.encode(
      schema.CollectionSchema.fromPartial({ name, fields } as never),
    ).finish();
    const request = { collectionName: name, schema: Buffer.from(message), shardsNum: shards };
    checkStatus(await this.client.createCollection(milvus.CreateCollectionRequest.fromPartial(request)));
  }

  /** Begins an import of each file; answers the id of the first task. */
  async submit(collectionName: string, files: readonly string[]): Promise<bigint> {
    const answer = await this.client.import(milvus.ImportRequest.fromPartial({ collectionName, files: [...files] }), {
      deadlineMs: 60_000,
    });
    checkStatus(answer.status);
    return answer.tasks[0];
  }

  /** Waits for Completed; resolves to the rows. @throws Error with the reason when the job failed */
  async finished(task: bigint, pollMs = 50): Promise<number> {
    for (;;) {
      const state = await this.client.getImportState({ task }, { deadlineMs: 60_000 });
      if (state.state === common.ImportState.ImportCompleted) return Number(state.rowCount);
      if (state.state === common.ImportState.ImportFailed) throw new Error(JSON.stringify(state.infos));
      await sleep(pollMs);
    }
  }

  /** Rows that a job has imported so far. */
  async rowsOf(task: bigint): Promise<number> {
    return Number((await this.client.getImportState({ task }, { deadlineMs: 60_000 })).rowCount);
  }

  /** Milliseconds from Import to Completed. */
  async timeImport(collectionName: string, files: readonly string[], rows: number, pollMs?: number): Promise<number> {
    const startedMs = performance.now();
    const found = await this.finished(await this.submit(collectionName, files), pollMs);
    if (found !== rows) throw new Error(`imported ${found} rows, expected ${rows}`);
    return performance.now() - startedMs;
  }

  /** A job of REST, `copy` or `export`, to its end. What it answers then. @throws Error with its reason when it failed */
  async runJob(kind: "copy" | "export", request: object): Promise<Record<string, unknown>> {
    const path = `/v2/vectordb/jobs/${kind}`;
    const { jobId } = (await this.post(`${path}/create`, request)) as { jobId: string };
    for (;;) {
      const job = (await this.post(`${path}/describe`, { jobId })) as Record<string, unknown>;
      if (job.state === "Completed") return job;
      if (job.state === "Failed") throw new Error(`the ${kind} failed: ${job.reason}`);
      await sleep(10);
    }
  }

  /** The peak of memory is counted from now on. */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.pid}/clear_refs`, "5");
  }

  /** Of the server's process. */
  get pid(): number {
    return this.#process.pid as number;
  }

  /** Resident memory of the process, in bytes: its peak, or as of now. */
  memoryBytes(what: "VmHWM" | "VmRSS"): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, "utf8");
    return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  }

  /** A counter or gauge without labels; 0 while it has no value. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://${this.address}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  }

  /** Of REST. @throws Error for an answer with a code */
  async post(path: string, body: object): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`http://${this.address}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    const { code, data, message } = (await answer.json()) as { code: number; data?: unknown; message?: string };
    if (code !== 0) throw new Error(`${path} answered ${code}: ${message}`);
    return data;
  }

  /** CPU time of the process so far, user and system. */
  cpuSeconds(): { user: number; system: number } {
    const fields = readFileSync(`/proc/${this.#process.pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return { user: Number(fields[11]) / 100, system: Number(fields[12]) / 100 };
  }

  /** Calls of the process that have read so far, files and connections. */
  readCalls(): number {
    return Number(/syscr: (\d+)/.exec(readFileSync(`/proc/${this.#process.pid}/io`, "utf8"))?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]();
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
    if (!this.#keepsData) rmSync(this.#dataDir, { recursive: true, force: true });
  }
}
