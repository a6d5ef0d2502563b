import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { JobRecord } from "@sluice/catalog";
import { type CredentialsKey, credentialsKeyOf } from "@sluice/cluster";
import { type JobWebhook, MAX_WEBHOOK_ATTEMPTS, newWebhook } from "@sluice/jobs";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { collectionId, jobId } from "@sluice/schema";
import { silentLogger } from "@sluice/telemetry";
import { JobBook } from "../src/jobs/job-book.ts";
import { RequestedJobs } from "../src/jobs/requested-jobs.ts";
import { type WebhookSettings, WebhookTargets } from "../src/webhooks/webhook-targets.ts";
import { Webhooks } from "../src/webhooks/webhooks.ts";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that answers as it is told. */
class Receiver implements AsyncDisposable {
  readonly received: Received[] = [];
  answers: (number | "none" | "silence")[] = [];
  readonly #server: Server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    this.received.push({ headers: request.headers, body });
    const answer = this.answers.shift() ?? 200;
    if (answer === "none") return void request.socket.destroy();
    if (answer === "silence") return;
    if (answer === 101)
      return void request.socket.end("HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: h2\r\n\r\n");
    response.writeHead(answer, answer === 302 ? { location: this.url("elsewhere") } : {}).end();
  });

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  url(path = "told?key=k"): string {
    return `http://${this.host}/${path}`;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const secret = "a secret";
const store = () => new MemoryMetaStore();
let receiver: Receiver;
let world: { store: MemoryMetaStore; book: JobBook; nowMs: number };
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.listen();
  const records = store();
  world = { store: records, book: new JobBook(records), nowMs: Date.now() };
});
afterEach(() => receiver[Symbol.asyncDispose]());

const usual = (): WebhookSettings => ({ webhookEndpoint: [receiver.host], webhookSecret: secret });

function open(settings = usual(), key?: CredentialsKey, intervalMs = 5): Webhooks {
  const { book } = world;
  const now = () => world.nowMs;
  return new Webhooks({ book, targets: new WebhookTargets(settings, key), now, log: silentLogger, intervalMs });
}

/** As after a crash: what was in memory is gone. */
async function restarted(): Promise<void> {
  world.book = new JobBook(world.store);
  await world.book.load();
}

async function endedJob(url = receiver.url(), id = 7n, webhooks = [newWebhook(url)]): Promise<bigint> {
  const job = {
    ...{ jobId: jobId(id), kind: "import", state: "failed", spec: { options: [], warnings: [] }, groups: [] },
    ...{ collectionId: collectionId(1n), collectionName: "books", dbName: "default", idempotencyKey: "" },
    ...{ createdMs: 1000, completedMs: 2000, rowCount: 0, segmentIds: [], autoIds: [] },
    ...{ failure: { code: "value_invalid", reason: "no number" }, webhooks },
  } as unknown as JobRecord;
  await world.book.create(job);
  return id;
}

const webhookOf = (id = 7n) => world.book.get(jobId(id))?.job.webhooks?.[0];

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a webhook", () => {
  it("is told of a job's end once, by a message that is signed as Standard Webhooks say", async () => {
    await endedJob();
    await using _webhooks = open();
    await until(() => webhookOf()?.deliveredMs !== undefined);
    const [{ headers, body }] = receiver.received;
    const data = { jobId: "7", kind: "import", state: "Failed", collectionName: "books", reason: "no number" };
    expect(JSON.parse(body)).toMatchObject({ type: "job.ended", timestamp: "1970-01-01T00:00:02.000Z", data });
    const signedText = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const signature = createHmac("sha256", secret).update(signedText).digest("base64");
    expect(headers).toMatchObject({ "webhook-id": "job-7", "webhook-signature": `v1,${signature}` });
    world.nowMs += 24 * 3_600_000;
    await restarted();
    await using _others = open();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(receiver.received.length).toBe(1);
  });

  it("that does not take it is told again, later each time, with the same id, also after a crash", async () => {
    receiver.answers = [500, "none", 302];
    const failures = ["the receiver answered HTTP 500", "socket hang up", "the receiver answered HTTP 302", undefined];
    await endedJob();
    for (let attempt = 1; attempt <= 4; attempt++) {
      await restarted();
      await using _webhooks = open();
      await until(() => receiver.received.length === attempt && webhookOf()?.failure === failures[attempt - 1]);
      expect(webhookOf()?.nextMs).toBe(world.nowMs + 5000 * 2 ** (attempt - 1));
      world.nowMs = webhookOf()?.nextMs ?? 0;
    }
    expect(webhookOf()?.deliveredMs).toBeDefined();
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set(["job-7"]));
    expect(webhookOf()).not.toHaveProperty("failure");
  });

  it("is given up after so many attempts, of which those that died in the middle are some", async () => {
    await endedJob();
    await world.book.change(jobId(7n), ({ job }) => ({
      job: { ...job, webhooks: [{ ...newWebhook(receiver.url()), attempts: MAX_WEBHOOK_ATTEMPTS - 1 }] },
    }));
    receiver.answers = [503];
    await using _webhooks = open();
    await until(() => webhookOf()?.isGivenUp === true);
    expect(webhookOf()).toMatchObject({ attempts: MAX_WEBHOOK_ATTEMPTS, failure: "the receiver answered HTTP 503" });
  });

  it("that ends its senders each time before they hear of it is given up, too", async () => {
    await endedJob(receiver.url(), 7n, [{ ...newWebhook(receiver.url()), attempts: MAX_WEBHOOK_ATTEMPTS }]);
    await using _webhooks = open();
    await until(() => webhookOf()?.isGivenUp === true);
    expect(webhookOf()?.attempts).toBe(MAX_WEBHOOK_ATTEMPTS);
    expect(receiver.received).toEqual([]);
  });

  it("that speaks another protocol after its answer's head is told again, and its sender ends", async () => {
    receiver.answers = [101];
    await endedJob();
    await using _webhooks = open();
    await until(() => webhookOf()?.failure !== undefined);
    expect(webhookOf()?.failure).toMatch(/without an answer/);
  });

  it("that is silent about many jobs keeps no other one waiting", async () => {
    receiver.answers = Array.from({ length: 100 }, () => "silence");
    for (let id = 100n; id < 140n; id++) await endedJob(receiver.url(), id);
    await using quick = new Receiver();
    await quick.listen();
    await endedJob(quick.url());
    await using _webhooks = open({ webhookEndpoint: ["127.0.0.1"], webhookSecret: secret });
    await until(() => webhookOf()?.deliveredMs !== undefined);
    expect(receiver.received.length).toBeLessThan(16);
  });

  it("is told of many jobs as fast as it answers, whenever the next look is due", async () => {
    for (let id = 100n; id < 120n; id++) await endedJob(receiver.url(), id);
    await using _webhooks = open(usual(), undefined, 3_600_000);
    await until(() => receiver.received.length === 20);
  });

  it("that says it is gone for good is told no more", async () => {
    receiver.answers = [410];
    await endedJob();
    await using _webhooks = open();
    await until(() => webhookOf()?.isGivenUp === true);
    expect(webhookOf()?.attempts).toBe(1);
  });

  it("is reached only where the operator's list leads, whatever its name resolves to", async () => {
    await endedJob(receiver.url().replace("127.0.0.1", "localhost"));
    await endedJob(receiver.url(), 8n);
    await using _webhooks = open({ webhookEndpoint: ["localhost", "example.com"], webhookSecret: secret });
    await until(() => webhookOf()?.failure !== undefined && webhookOf(8n)?.failure !== undefined);
    expect(webhookOf()?.failure).toMatch(/not public, and that the setting webhook-endpoint does not list/);
    expect(webhookOf(8n)?.failure).toMatch(/does not list "127.0.0.1:\d+" any more/);
    expect(receiver.received).toEqual([]);
  });

  it("has a URL that is sealed in the record for its job, where there is a key, and told to nobody else", async () => {
    const key = credentialsKeyOf({ internalSecret: "a secret of the cluster" }) as CredentialsKey;
    const targets = new WebhookTargets(usual(), key);
    await endedJob(receiver.url(), 7n, targets.of(jobId(7n), [receiver.url()]));
    expect(webhookOf()).toMatchObject({ isSealed: true, host: receiver.host });
    for await (const { value } of world.store.scan("")) expect(value).not.toMatch(/key=k|told/);
    expect(targets.urlOf(jobId(8n), webhookOf() as JobWebhook)).toBeUndefined();
    await restarted();
    {
      await using _keyless = open();
      await until(() => webhookOf()?.failure !== undefined);
      expect(webhookOf()?.failure).toContain("sealed with another credentials-key or internal-secret");
    }
    world.nowMs = webhookOf()?.nextMs ?? 0;
    await using _webhooks = open(usual(), key);
    await until(() => webhookOf()?.deliveredMs !== undefined);
    expect(receiver.received.length).toBe(1);
  });

  it("of a job that is done again is sealed for the new job", () => {
    const key = credentialsKeyOf({ internalSecret: "a secret of the cluster" }) as CredentialsKey;
    const requested = (by?: CredentialsKey) =>
      new RequestedJobs(world.book, silentLogger, new WebhookTargets(usual(), by));
    const job = (id: bigint) => ({ jobId: jobId(id) }) as JobRecord;
    const before = requested(key).withWebhooks(job(7n), receiver.url());
    const { webhooks = [] } = requested(key).retold(before, job(8n));
    const targets = new WebhookTargets(usual(), key);
    expect(webhooks.map((webhook) => targets.urlOf(jobId(8n), webhook))).toEqual([receiver.url()]);
    expect(() => requested().retold(before, job(8n))).toThrow(/job 7: the URL of its webhook is sealed with another/);
  });

  it("of the operator's own is reached without a list", async () => {
    await endedJob();
    await using _webhooks = open({ webhookUrl: receiver.url(), webhookSecret: secret });
    await until(() => webhookOf()?.deliveredMs !== undefined);
  });
});

describe("targets", () => {
  const targets = new WebhookTargets({ webhookEndpoint: ["hooks.example.com"], webhookSecret: secret });

  it.each(["", "hooks.example.com/x", "ftp://hooks.example.com/", "http://a:b@hooks.example.com/", "http:// /"])(
    "%p is no webhook",
    (url) => expect(() => targets.check(url)).toThrow(/http or https URL/),
  );

  it.each(["http://169.254.169.254/latest", "http://localhost/", "https://hooks.example.com.evil.org/"])(
    "%p is not listed",
    (url) => expect(() => targets.check(url)).toThrow(/--webhook-endpoint lists/),
  );

  it.each(["whsec_", "whsec_a key", "whsec_c2hvcnQ="])("%p is no secret", (webhookSecret) => {
    expect(() => new WebhookTargets({ webhookSecret })).toThrow(/16 bytes in base64/);
  });

  it("a listed one passes, and none does where nothing is signed", () => {
    expect(() => targets.check("https://hooks.example.com/x?key=k")).not.toThrow();
    const unsigned = new WebhookTargets({ webhookEndpoint: ["hooks.example.com"] });
    expect(() => unsigned.check("https://hooks.example.com/x")).toThrow(/--webhook-secret/);
    expect(() => new WebhookTargets({ webhookUrl: "https://example.com/" })).toThrow(/webhook-secret/);
  });
});
