import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { silentLogger } from "@sluice/telemetry";
import { S3Refusal } from "@sluice/volumes";
import { AuditLog } from "../../src/access/audit-log.ts";
import { CallRates } from "../../src/access/call-rates.ts";
import { watchedUploads } from "../../src/access/watched-uploads.ts";
import type { RawRequest, RawService } from "../../src/uploads/raw-service.ts";
import { refusalAnswer } from "../../src/uploads/s3-answers.ts";

let file: string;
beforeEach(async () => void (file = join(await mkdtemp(join(tmpdir(), "sluice-watched-")), "audit.jsonl")));
afterEach(() => rm(join(file, ".."), { recursive: true }));

/** A service that knows who asks by the URL, and what is not for them. */
const service: RawService = {
  name: "uploads",
  matches: () => true,
  answer: async ({ url, identified }) => {
    if (url === "/none") throw new S3Refusal("InvalidAccessKeyId", "not known");
    identified({ user: url.slice(1) });
    identified({ file: "books/a.json" });
    if (url === "/nobody") throw new S3Refusal("AccessDenied", "not for you");
    return { status: 200 };
  },
  refuse: (error, url, id) => ({ ...refusalAnswer(error as S3Refusal, url, id), reason: "", isUnexpected: false }),
};
const request = (method: string, url: string) => ({ method, url, address: "10.0.0.7" }) as RawRequest;

it("uploads are written down as calls are: who changed which file, and who was not let to", async () => {
  const audit = new AuditLog(file, false, silentLogger, () => 0);
  const { answer } = watchedUploads(service, { rates: new CallRates(0), audit });
  for (const [method, url] of [
    ["PUT", "/ann"],
    ["HEAD", "/ann"],
    ["PUT", "/nobody"],
    ["PUT", "/none"],
  ])
    await answer(request(method, url)).catch(() => undefined);
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  const common = { time: "1970-01-01T00:00:00.000Z", call: "uploads/put", address: "10.0.0.7" };
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { ...common, outcome: "done", user: "ann", about: "books/a.json", code: 0 },
    { ...common, outcome: "denied", user: "nobody", about: "books/a.json", code: 403 },
    { ...common, outcome: "denied", code: 403 },
  ]);
});

it("uploads count as calls of whoever makes them, or of their address, and S3 clients are told to slow down", async () => {
  const { answer } = watchedUploads(service, { rates: new CallRates(1, () => 0) });
  const outcome = (url: string) =>
    answer(request("PUT", url)).then(
      ({ status }) => status,
      ({ code }) => code,
    );
  const outcomes = async (url: string) => [await outcome(url), await outcome(url), await outcome(url)];
  expect(await outcomes("/ann")).toEqual([200, 200, "SlowDown"]);
  expect(await outcomes("/bob")).toEqual([200, 200, "SlowDown"]);
  expect(await outcomes("/")).toEqual([200, 200, "SlowDown"]);
});
