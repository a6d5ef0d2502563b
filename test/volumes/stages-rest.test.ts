import { describe, expect, it, test } from "@jest/globals";
import { useServer } from "../support/index.ts";

const fixture = useServer({ maxVolumes: 8, uploadLimit: "1GB" });

interface Answer {
  readonly code: number;
  readonly message?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what tests check
  readonly data: any;
}

/** Bodies go as text, since one client mislabels them. */
async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${fixture.url}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "text/plain;charset=UTF-8" } }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

const names = (answer: Answer, word: string) => answer.data[word].map((one: Record<string, string>) => one.volumeName);

describe.each([
  ["volumes", "volumeName"],
  ["stages", "stageName"],
])("/v2/%s", (base, word) => {
  const name = `first-${base}`;

  it("creates, lists, describes, changes and drops", async () => {
    const created = await call("POST", `//v2/${base}/create`, { projectId: "p", regionId: "r", [word]: name });
    expect(created).toMatchObject({ code: 0, data: { [word]: name } });
    expect(await call("GET", `/v2/${base}?projectId=p&currentPage=1&pageSize=10`)).toMatchObject({
      code: 0,
      data: { count: 1, currentPage: 1, pageSize: 10, [base]: [{ [word]: name, type: "MANAGED" }] },
    });
    expect((await call("GET", `/v2/${base}?projectId=p&currentPage=2`)).data[base]).toEqual([]);
    // What clients send for what they do not mean.
    const all = await call("GET", `/v2/${base}?projectId=&type=&currentPage=&pageSize=`);
    expect(all).toMatchObject({ code: 0, data: { count: 1, currentPage: 1, pageSize: 10 } });
    const files = await call("GET", `/v2/${base}/${name}/files?prefix=&delimiter=&pageSize=&pageToken=`);
    expect(files).toEqual({ code: 0, data: { files: [], folders: [] } });
    const described = (await call("GET", `/v2/${base}/${name}`)).data;
    expect(described).toMatchObject({
      volumeName: name,
      regionId: "r",
      status: "RUNNING",
      fileCount: 0,
      totalBytes: 0,
    });
    expect(described.createTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect((await call("PATCH", `/v2/${base}/${name}`, { description: "mine" })).data.description).toBe("mine");
    expect((await call("PATCH", `/v2/${base}/${name}`, { description: "" })).data.description).toBeUndefined();
    expect(await call("DELETE", `/v2/${base}/${name}`)).toMatchObject({ code: 0, data: { volumeName: name } });
    expect(await call("GET", `/v2/${base}/${name}`)).toMatchObject({
      code: 63240,
      message: expect.stringContaining("not exist"),
    });
  });

  it("lists volumes of a type, and no others", async () => {
    expect(await call("GET", `/v2/${base}?type=external`)).toMatchObject({ code: 0, data: { count: 0 } });
    const refused = { code: 63244, message: expect.stringContaining('MANAGED or EXTERNAL, not "BOGUS"') };
    expect(await call("GET", `/v2/${base}?type=bogus`)).toMatchObject(refused);
  });

  it("answers credentials with every word that released clients look for", async () => {
    const created = await call("POST", `/v2/${base}/create`, { [word]: name });
    expect(created.code).toBe(0);
    const { data } = await call("POST", `/v2/${base}/apply`, { [word]: name, path: "a/b/", options: {}, apiKey: "x" });
    expect(data).toMatchObject({
      endpoint: fixture.server.address,
      cloud: "aws",
      region: "us-east-1",
      bucketName: "sluice-volumes",
      volumeName: name,
      stageName: name,
      condition: { maxContentLength: 1 << 30 },
    });
    expect(data.volumePrefix).toMatch(/^[0-9a-f]{20}\/$/);
    expect(data.stagePrefix).toBe(data.volumePrefix);
    expect(data.uploadPath).toBe(`${data.volumePrefix}a/b/`);
    expect(data.credentials.tmpAK).toMatch(/^VS/);
    const left = Date.parse(data.credentials.expireTime) - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThan(3_600_001);
    const ofJava = await call("POST", `/v2/${base}/apply`, { [word]: name, path: null, options: { sdk: "java" } });
    expect(ofJava.data.endpoint).toBe(`https://${fixture.server.address}`);
    await call("DELETE", `/v2/${base}/${name}`);
  });
});

describe("volumes", () => {
  it("are refused in words to act on", async () => {
    await call("POST", "/v2/volumes/create", { volumeName: "taken" });
    const refusals: [unknown, number, string][] = [
      [{ volumeName: "taken" }, 63241, "there is a volume"],
      [{ volumeName: "1x" }, 63242, "invalid name"],
      [{ volumeName: "" }, 63242, "invalid name"],
      [{ volumeName: "x", stageName: "y" }, 63242, "differ"],
      [{ volumeName: "x", description: "d".repeat(256) }, 63242, "256 characters"],
      [{ volumeName: "x", type: "OTHER" }, 63244, "MANAGED or EXTERNAL"],
      [{ volumeName: "x", type: "EXTERNAL" }, 63244, "storageIntegrationId"],
      [{ volumeName: "x", type: "EXTERNAL", storageIntegrationId: "none" }, 63244, "no source"],
      [{ volumeName: "x", storageIntegrationId: "none" }, 63244, "external"],
    ];
    for (const [body, code, words] of refusals)
      expect(await call("POST", "/v2/volumes/create", body)).toMatchObject({
        code,
        message: expect.stringContaining(words),
      });
  });

  it("are no more than the setting says", async () => {
    const made: string[] = [];
    for (let i = 0; ; i++) {
      const { code, message } = await call("POST", "/v2/volumes/create", { volumeName: `many-${i}` });
      if (code === 0) made.push(`many-${i}`);
      else {
        expect([code, message]).toEqual([63243, expect.stringContaining("max-volumes")]);
        break;
      }
    }
    expect(made.length).toBe(7);
    for (const name of made) await call("DELETE", `/v2/volumes/${name}`);
  });

  test.each(["../../etc/", "a/../../b/", "a\\b/", "a/\u0000/"])(
    "credentials for the folder %j are refused",
    async (path) => {
      expect(await call("POST", "/v2/volumes/apply", { volumeName: "taken", path })).toMatchObject({ code: 63247 });
    },
  );

  it("frozen take no upload; unknown are not found", async () => {
    await call("PATCH", "/v2/volumes/taken", { status: "FROZEN" });
    expect(await call("POST", "/v2/volumes/apply", { volumeName: "taken", path: "" })).toMatchObject({ code: 63245 });
    await call("PATCH", "/v2/volumes/taken", { status: "RUNNING" });
    expect(await call("POST", "/v2/volumes/apply", { volumeName: "none", path: "" })).toMatchObject({ code: 63240 });
  });

  it("are made for an upload that names none, seen by nobody who lists", async () => {
    const { data } = await call("POST", "/v2/volumes/apply", { path: "" });
    expect(data.volumeName).toMatch(/^tmp_/);
    expect(names(await call("GET", "/v2/volumes"), "volumes")).toEqual(["taken"]);
  });

  it("survive a restart, and so do the credentials that were given out", async () => {
    await fixture.restart("kill9");
    expect(names(await call("GET", "/v2/stages"), "stages")).toEqual(["taken"]);
  });
});
