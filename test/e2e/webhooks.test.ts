import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { bookCollection, books, eventually, useRest, useServer } from "../support/index.ts";

// A receiver of webhooks, and a server that is killed between a job's end and what it tells of it.

const fixture = useServer();
const { post } = useRest(fixture);

interface Told {
  readonly id: string | string[] | undefined;
  readonly body: { readonly type: string; readonly data: { readonly jobId: string; readonly state: string } };
}

let told: Told[];
let receiver: Server;
/** How requests are answered; undefined: not at all. */
let answer: number | undefined;

beforeEach(async () => {
  told = [];
  receiver = createServer(async (request, response) => {
    const text = Buffer.concat(await Array.fromAsync(request)).toString();
    told.push({ id: request.headers["webhook-id"], body: JSON.parse(text) });
    if (answer !== undefined) response.writeHead(answer).end();
  });
  await once(receiver.listen(0, "127.0.0.1"), "listening");
});
afterEach(async () => {
  receiver.closeAllConnections();
  receiver.close();
});

async function endedJob(name: string): Promise<{ jobId: string }> {
  const { files } = fixture;
  const host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  await fixture.restart("stop", { webhookEndpoint: host, webhookSecret: "a secret" });
  await fixture.client.createCollection(bookCollection(name));
  const options = { webhook: `http://${host}/told` };
  const body = { collectionName: name, files: [await files.jsonl(`${name}.jsonl`, books(3))], options };
  const { data } = await post("create", body);
  await fixture.client.waitFor(BigInt(data.jobId));
  return data;
}

const restarted = () => {
  const host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  return fixture.restart("kill9", { webhookEndpoint: host, webhookSecret: "a secret" });
};
const described = async (job: object) => (await post("describe", job)).data;

it.each([
  ["refused it", 503],
  ["has not answered yet", undefined],
])("a receiver that %s when the server is killed is told after its start, with the same id", async (_, first) => {
  answer = first;
  const job = await endedJob(first === undefined ? "unanswered" : "refused");
  await eventually(async () => expect(told.length).toBeGreaterThan(0));
  answer = 204;
  await restarted();
  await eventually(async () => {
    const [webhook] = (await described(job)).webhooks;
    expect(webhook).toMatchObject({ deliveredTime: expect.any(String) });
  });
  expect(new Set(told.map(({ id }) => id))).toEqual(new Set([`job-${job.jobId}`]));
  expect(told.at(-1)?.body.data).toMatchObject({ jobId: job.jobId, state: "Completed" });
});

it("of a job whose server is killed as it ends its receiver is told", async () => {
  answer = 204;
  const job = await endedJob("at_once");
  await restarted();
  await eventually(async () =>
    expect((await described(job)).webhooks).toMatchObject([{ deliveredTime: expect.any(String) }]),
  );
  const count = told.length;
  await restarted();
  expect([(await described(job)).state, told.length]).toEqual(["Completed", count]);
});
