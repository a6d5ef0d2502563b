import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createConnection, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer, type Server } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { openObjectStore, type S3Credentials, type S3ObjectStore, type S3Options } from "@sluice/object-store";
import { describeWithS3, FaultProxy, type S3Fixture, s3ErrorBody, startS3 } from "./s3-support.ts";

const suite = describeWithS3;
let s3: S3Fixture;
let proxy: FaultProxy;
let store: S3ObjectStore;

function bytesOf(sizeBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) bytes.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, at);
  return bytes;
}

/** The requests that begin so. */
const seen = (start: string) => proxy.requests.filter((line) => line.startsWith(start));

const slowDown = { does: "answer", status: 503, body: s3ErrorBody("SlowDown") } as const;

suite("S3 with faults", () => {
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(async () => s3?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    proxy = await FaultProxy.start(s3.options.endpoint ?? "");
    store = await s3.open({ endpoint: proxy.endpoint, idleMs: 1000 });
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  describe("reads", () => {
    it("go on at their offset after broken bodies", async () => {
      const bytes = bytesOf(3_000_000);
      await store.put("k", [bytes]);
      for (const afterBytes of [400_000, 1, 900_000, 500_000])
        proxy.faults.push({ on: /^GET/, does: "cut", afterBytes });
      const target = Buffer.alloc(3_000_100);
      expect(await store.readInto("k", 0, target)).toBe(3_000_000);
      expect(target.subarray(0, 3_000_000).equals(bytes)).toBe(true);
      const starts = seen("GET").map((line) => Number(/bytes=(\d+)-/.exec(line)?.[1]));
      expect(starts).toHaveLength(5);
      expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      expect(starts[4]).toBeGreaterThan(1_700_000);
    });

    it("go on in each of their parts", async () => {
      const bytes = bytesOf(30_000_000);
      await store.put("k", [bytes]);
      for (let i = 1; i <= 6; i++) proxy.faults.push({ on: /^GET/, does: "cut", afterBytes: i * 1_000_000 });
      const target = Buffer.alloc(30_000_000);
      expect(await store.readInto("k", 0, target)).toBe(30_000_000);
      expect(target.equals(bytes)).toBe(true);
    });

    it("in chunks lose and repeat nothing", async () => {
      const bytes = bytesOf(11_000_000);
      await store.put("k", [bytes]);
      for (let i = 1; i <= 6; i++) proxy.faults.push({ on: /^GET/, does: "cut", afterBytes: i * 300_000 });
      const read = Buffer.concat(await Array.fromAsync(store.read("k", { start: 3, end: 10_999_999 })));
      expect(read.equals(bytes.subarray(3, 10_999_999))).toBe(true);
    });

    it("end a connection on which nothing moves", async () => {
      const bytes = bytesOf(1_000_000);
      await store.put("k", [bytes]);
      proxy.faults.push({ on: /^GET/, does: "stall", afterBytes: 300_000 }, { on: /^GET/, does: "stall" });
      const target = Buffer.alloc(1_000_000);
      expect(await store.readInto("k", 0, target)).toBe(1_000_000);
      expect(target.equals(bytes)).toBe(true);
      expect(proxy.faults).toEqual([]);
    });

    it("are of one version of an object that is replaced meanwhile", async () => {
      await store.put("k", [new Uint8Array(20_000_000).fill(1)]);
      proxy.faults.push({ on: /^GET/, does: "stall", afterBytes: 1_000_000 });
      const target = Buffer.alloc(20_000_000);
      const reading = store.readInto("k", 0, target);
      await using direct = await s3.open({ prefix: prefixOf(proxy.requests[0]) });
      await direct.put("k", [new Uint8Array(20_000_000).fill(2)]);
      expect(await reading).toBe(20_000_000);
      expect([target.indexOf(1), target.lastIndexOf(2)]).toContain(-1);
    });
  });

  describe("busy servers", () => {
    it("are asked again", async () => {
      proxy.faults.push(
        ...["PUT", "PUT", "PUT", "HEAD", "GET", "GET"].map((on) => ({ ...slowDown, on: RegExp(`^${on}`) })),
      );
      await store.put("k", [bytesOf(100_000)]);
      expect(await store.stat("k")).toMatchObject({ sizeBytes: 100_000 });
      expect(await store.readInto("k", 0, Buffer.alloc(100_000))).toBe(100_000);
      proxy.faults.push({ ...slowDown, on: /^GET/, status: 500, body: "" }, { ...slowDown, on: /^POST/, status: 429 });
      expect(await Array.fromAsync(store.list(""), (info) => info.key)).toEqual(["k"]);
      await store.delete(["k"]);
      expect(await store.stat("k")).toBeUndefined();
      expect(proxy.faults).toEqual([]);
    });

    it("end a call when patience ends", async () => {
      await using impatient = await s3.open({ endpoint: proxy.endpoint, patienceMs: 300 });
      for (let i = 0; i < 40; i++) proxy.faults.push({ ...slowDown, on: /./ });
      await expect(impatient.stat("k")).rejects.toMatchObject({ code: "object_store_unavailable" });
      await expect(impatient.put("k", [])).rejects.toThrow(
        /write object "k": .*injected SlowDown \(SlowDown, HTTP 503\)/,
      );
    });

    it("are not waited for longer than the caller wants", async () => {
      for (let i = 0; i < 40; i++) proxy.faults.push({ ...slowDown, on: /./ });
      const abort = new AbortController();
      const reading = store.readInto("k", 0, new Uint8Array(1), abort.signal);
      await sleep(50);
      abort.abort(new Error("stopped"));
      await expect(reading).rejects.toThrow("stopped");
    });
  });

  describe("writes", () => {
    it("are repeated when their answer was lost, or nothing came", async () => {
      const bytes = bytesOf(2_000_000);
      proxy.faults.push({ on: /^PUT/, does: "cut" }, { on: /^PUT/, does: "stall" });
      await store.put("k", [bytes.subarray(0, 700_000), bytes.subarray(700_000)]);
      const target = Buffer.alloc(2_000_000);
      await store.readInto("k", 0, target);
      expect(target.equals(bytes)).toBe(true);
      // On a crowded machine an answer that is only late counts as one that did not come.
      expect(seen("PUT").length).toBeGreaterThanOrEqual(3);
    });

    it("are refused and repeated when a byte was damaged", async () => {
      const bytes = bytesOf(1_000_000);
      proxy.faults.push({ on: /^PUT/, does: "corrupt" });
      // One that no crowded machine makes repeat an answer that is only late.
      await using patient = await s3.open({ endpoint: proxy.endpoint, idleMs: 20_000 });
      await patient.put("k", [bytes.subarray(0, 300_000), bytes.subarray(300_000)]);
      const target = Buffer.alloc(1_000_000);
      await patient.readInto("k", 0, target);
      expect(target.equals(bytes)).toBe(true);
      expect(seen("PUT")).toHaveLength(2);
    });

    it("of many parts survive lost parts, and a lost answer to their end", async () => {
      const bytes = bytesOf(40_000_000);
      proxy.faults.push({ ...slowDown, on: /^POST .*uploads/ }, { ...slowDown, on: /^PUT .*partNumber=1/ });
      proxy.faults.push({ on: /^PUT .*partNumber=2/, does: "cut" }, { on: /^PUT .*partNumber=3/, does: "corrupt" });
      proxy.faults.push({ on: /^POST .*uploadId/, does: "cut" });
      await store.put("large", [bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)]);
      const target = Buffer.alloc(40_000_000);
      expect(await store.readInto("large", 0, target)).toBe(40_000_000);
      expect(target.equals(bytes)).toBe(true);
      expect(proxy.faults).toEqual([]);
      expect(await store.abortWrites("")).toBe(0);
    });

    it("of many parts leave nothing when they fail or are aborted", async () => {
      const bytes = bytesOf(40_000_000);
      proxy.faults.push({ on: /partNumber=2/, does: "answer", status: 403, body: s3ErrorBody("AccessDenied") });
      await expect(store.put("large", [bytes])).rejects.toThrow("the credentials need s3:PutObject");
      const abort = new AbortController();
      proxy.faults.push({ on: /partNumber=2/, does: "stall" });
      const writing = store.put("large", [bytes], abort.signal);
      while (seen("PUT").filter((line) => line.includes("partNumber=2")).length < 2) await sleep(10);
      abort.abort(new Error("stopped"));
      await expect(writing).rejects.toThrow("stopped");
      expect(seen("DELETE")).toHaveLength(2);
      expect(await store.stat("large")).toBeUndefined();
      expect(await store.abortWrites("")).toBe(0);
    });

    it("of killed writers are swept", async () => {
      const abort = new AbortController();
      proxy.faults.push({ on: /partNumber=2/, does: "stall" });
      const writing = store.put("large", [bytesOf(40_000_000)], abort.signal);
      while (!seen("PUT").some((line) => line.includes("partNumber=2"))) await sleep(10);
      const prefix = prefixOf(proxy.requests[0]);
      await proxy[Symbol.asyncDispose](); // Nothing leads to the server any more.
      abort.abort(new Error("killed"));
      await expect(writing).rejects.toThrow("killed");
      await using gc = await s3.open({ prefix });
      expect(await gc.abortWrites("larg/")).toBe(0);
      expect(await gc.abortWrites("larg")).toBe(1);
      expect(await gc.abortWrites("larg")).toBe(0);
    });
  });

  describe("deletes", () => {
    const answer = (key: string, code: string) => ({
      on: /^POST/,
      does: "answer" as const,
      status: 200,
      body: `<DeleteResult><Error><Key>${key}</Key><Code>${code}</Code><Message>injected</Message></Error></DeleteResult>`,
    });

    it("repeat the keys that failed", async () => {
      await store.put("a", []);
      await store.put("b", []);
      proxy.faults.push(answer(`${prefixOf(proxy.requests[0])}/a`, "InternalError"));
      await store.delete(["a"]);
      expect(await Array.fromAsync(store.list(""), (info) => info.key)).toEqual(["b"]);
    });

    it("fail when a key may not be deleted", async () => {
      proxy.faults.push(answer("x/a", "AccessDenied"));
      await expect(store.delete(["a"])).rejects.toThrow("the credentials need s3:DeleteObject");
    });
  });

  describe("a look at readiness", () => {
    const denied = (on: RegExp) => ({ on, does: "answer", status: 403, body: s3ErrorBody("AccessDenied") }) as const;

    it("tries every right that segments need, and leaves nothing behind", async () => {
      await store.check(undefined, { writes: true });
      expect(await Array.fromAsync(store.list(""))).toEqual([]);
      expect(await store.abortWrites("")).toBe(0);
    });

    it.each([
      ["to read", [/^HEAD/, /^GET .*readiness/], "s3:GetObject"],
      ["to write", [/^POST .*uploads/], "s3:PutObject"],
      ["to delete", [/^POST .*delete/], "s3:DeleteObject"],
    ])("names the right %s when it is missing", async (_, requests, right) => {
      proxy.faults.push(...requests.map(denied));
      await expect(store.check(undefined, { writes: true })).rejects.toThrow(right);
    });

    it("asks whoever only reads for no right to write", async () => {
      proxy.faults.push(denied(/^POST/));
      await store.check();
    });
  });

  describe("messages", () => {
    const secret = "not-the-secret";
    const failure = async (more: Partial<S3Options>, code = "object_store_refused"): Promise<string> => {
      await using store = await s3.open({ patienceMs: 200, idleMs: 300, ...more });
      const errors = await Promise.allSettled([
        store.check(),
        store.stat("k"),
        store.readInto("k", 0, new Uint8Array(1)),
      ]);
      for (const error of errors) {
        const { reason } = error as PromiseRejectedResult;
        expect(reason).toBeInstanceOf(ImportError);
        expect(reason.code).toBe(code);
        const text = `${reason.stack} ${reason.cause?.stack} ${JSON.stringify(reason.cause)}`;
        expect(text).not.toContain(secret);
        expect(text).not.toMatch(/signature=/i);
      }
      const reasons = errors.map((error) => (error as PromiseRejectedResult).reason.reason.replace(/^.*?: /, ""));
      expect(new Set(reasons.slice(0, 2)).size).toBe(1);
      return reasons[0];
    };
    const credentials = () => s3.options.credentials as { accessKeyId: string; secretAccessKey: string };

    it.each<[string, () => Partial<S3Options>, RegExp, string]>([
      [
        "a wrong secret",
        () => ({ credentials: { ...credentials(), secretAccessKey: secret } }),
        /check the secret key/,
        "object_store_refused",
      ],
      [
        "an unknown access key",
        () => ({ credentials: { accessKeyId: "nobody", secretAccessKey: secret } }),
        /does not know the access key; check/,
        "object_store_refused",
      ],
      [
        "a missing bucket",
        () => ({ bucket: "no-such-bucket" }),
        /"no-such-bucket" does not exist at .*; create it/,
        "object_store_refused",
      ],
      [
        "a port where nothing listens",
        () => ({ endpoint: "http://127.0.0.1:9" }),
        /nothing listens at/,
        "object_store_unavailable",
      ],
      [
        "a name that leads nowhere",
        () => ({ endpoint: "http://no-such-host.invalid" }),
        /cannot be resolved; check/,
        "object_store_unavailable",
      ],
      [
        "a bucket in a host name that leads nowhere",
        () => ({ endpoint: "http://host.invalid", pathStyle: false }),
        /path style may be what the server needs/,
        "object_store_unavailable",
      ],
      [
        "TLS where there is none",
        () => ({ endpoint: s3.options.endpoint?.replace("http:", "https:") }),
        /does not speak TLS.*check http or https/,
        "object_store_refused",
      ],
    ])("say what to do about %s", async (_title, more, text, code) => {
      expect(await failure(more(), code)).toMatch(text);
    });

    it("say where the bucket is", async () => {
      const head = "x-amz-bucket-region: eu-west-1";
      for (let i = 0; i < 9; i++) {
        proxy.faults.push({ on: /./, does: "answer", status: 301, head, body: s3ErrorBody("PermanentRedirect") });
      }
      const text = await failure({ endpoint: proxy.endpoint });
      expect(text).toMatch(/is not in the region "us-east-1"; it is in "eu-west-1"/);
    });

    it("say that the server does not answer", async () => {
      const silent = createTcpServer((socket) => socket.on("error", () => {}));
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      const { port } = silent.address() as { port: number };
      const silence = { endpoint: `http://127.0.0.1:${port}` };
      expect(await failure(silence, "object_store_unavailable")).toMatch(/does not answer/);
      silent.close();
    });

    it("name the object that is missing", async () => {
      await expect(store.readInto("no/such", 0, new Uint8Array(1))).rejects.toMatchObject({
        code: "file_not_found",
        reason: 'cannot read "no/such": it does not exist',
      });
    });
  });

  describe("TLS", () => {
    let folder: string;
    let server: Server;
    const endpoint = () => `https://localhost:${(server.address() as { port: number }).port}`;
    const pem = (name: string) => readFileSync(join(folder, name), "utf8");

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "sluice-tls-"));
      const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
      const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
      const kind = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ];
      execFileSync("openssl", [...kind, ...names, ...files], { stdio: "ignore" });
      const { hostname, port } = new URL(s3.options.endpoint ?? "");
      server = createServer({ key: pem("key.pem"), cert: pem("cert.pem") }, (socket) => {
        const upstream = createConnection(Number(port), hostname);
        socket.on("error", () => upstream.destroy()).pipe(upstream);
        upstream.on("error", () => socket.destroy()).pipe(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    afterAll(() => {
      server?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it("trusts the authority that it was given, and only that", async () => {
      const { credentials, ...place } = s3.options;
      const options = { ...place, prefix: "tls", endpoint: endpoint(), caPem: pem("cert.pem") };
      const description = structuredClone({ kind: "s3", options, secret: "own" });
      await using store = await openObjectStore(description, { own: credentials as S3Credentials });
      await store.put("k", [bytesOf(20_000_000)]);
      const target = Buffer.alloc(20_000_000);
      expect(await store.readInto("k", 0, target)).toBe(20_000_000);
      expect(target.equals(bytesOf(20_000_000))).toBe(true);
      await using distrusting = await s3.open({ endpoint: endpoint() });
      await expect(distrusting.stat("k")).rejects.toThrow(/is not trusted: .*; give its authority's certificate/);
    });
  });
});

/** Folder of the store whose request this is: path-style, `METHOD /bucket/folder/N/…`. */
function prefixOf(line: string): string {
  return /^\w+ \/[^/]+\/(folder\/\d+)/.exec(line)?.[1] ?? "";
}
