import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import type { StoredJob } from "@sluice/catalog";
import { CredentialsKey } from "@sluice/cluster";
import { jobId } from "@sluice/schema";
import { JobCredentials } from "../src/jobs/job-credentials.ts";

const bytes = randomBytes(32);
const key = CredentialsKey.of(bytes.toString("base64"));
const secrets = { "data-source": { accessKeyId: "KEYID", secretAccessKey: "HUNTER2" } };
const sources = [{ name: "data-source", isDefault: true, kind: "s3", options: {}, secret: "data-source" }];
const job = (id: bigint, sealedCredentials?: string) =>
  ({
    jobId: jobId(id),
    sources,
    ...(sealedCredentials !== undefined && { sealedCredentials }),
  }) as Partial<StoredJob> as StoredJob;

describe("credentials of a job", () => {
  it("are sealed with a key, for this job alone", () => {
    const sealed = new JobCredentials(key).keep(jobId(1n), secrets) as string;
    expect(Buffer.from(sealed, "base64").toString("latin1")).not.toMatch(/HUNTER2|KEYID/);
    const after = new JobCredentials(CredentialsKey.of(bytes.toString("hex")));
    expect(after.of(job(1n, sealed))).toEqual(secrets);
    expect(after.lost(job(2n, sealed))?.reason).toContain("another credentials-key");
    expect(new JobCredentials(key).keep(jobId(1n), secrets)).not.toBe(sealed);
  });

  it("without a key are in memory alone, and a job that lost them says so", () => {
    const credentials = new JobCredentials(undefined);
    expect(credentials.keep(jobId(1n), secrets)).toBeUndefined();
    expect(credentials.of(job(1n))).toEqual(secrets);
    expect(new JobCredentials(undefined).lost(job(1n))?.reason).toMatch(/held in memory only.*credentials-key/);
    credentials.forget(jobId(1n));
    expect(credentials.lost(job(1n))).toBeDefined();
  });

  it("are lost when the key is gone, or the text was touched", () => {
    const sealed = new JobCredentials(key).keep(jobId(1n), secrets) as string;
    expect(new JobCredentials(undefined).lost(job(1n, sealed))?.reason).toContain("lacks");
    const touched = Buffer.from(sealed, "base64");
    touched[touched.length - 1] ^= 1;
    expect(new JobCredentials(key).lost(job(1n, touched.toString("base64")))?.reason).toContain("another");
  });

  it("are asked for only by jobs that bring some", () => {
    expect(new JobCredentials(undefined).lost({ jobId: jobId(1n) } as StoredJob)).toBeUndefined();
  });
});
