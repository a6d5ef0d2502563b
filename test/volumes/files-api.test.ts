import { createHash, randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it, test } from "@jest/globals";
import { altered, books, eventually, jsonText, useServer } from "../support/index.ts";

const fixture = useServer({ volumeMaxFiles: 100 });
const base = "/v2/volumes/v/files";

/** One connection carries all of these, calls and files in turn. */
const call = (method: string, path: string, init: RequestInit = {}) =>
  fetch(`${fixture.url}${path}`, { method, ...init });
// biome-ignore lint/suspicious/noExplicitAny: the shape is what tests check
const json = async (method: string, path: string, init: RequestInit = {}): Promise<any> =>
  (await call(method, path, init)).json();

beforeAll(async () => {
  await json("POST", "/v2/volumes/create", { body: JSON.stringify({ volumeName: "v" }) });
});

describe("files over REST", () => {
  const bytes = randomBytes(9 << 20);
  const md5 = createHash("md5").update(bytes).digest("hex");

  it("are put, told, read whole or by range, and removed", async () => {
    const path = `${base}/a%20b/%C3%BC%2Bx.bin`;
    const put = await json("PUT", path, { body: bytes });
    expect(put).toMatchObject({ code: 0, data: { path: "a b/ü+x.bin", fileSize: bytes.length, etag: md5 } });
    const got = await call("GET", path);
    expect([got.status, got.headers.get("etag")]).toEqual([200, `"${md5}"`]);
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
    const head = await call("HEAD", path);
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(bytes.length)]);
    for (const [range, start, end] of [
      ["bytes=5-9", 5, 10],
      [`bytes=${(8 << 20) - 2}-`, (8 << 20) - 2, bytes.length],
      ["bytes=-3", bytes.length - 3, bytes.length],
    ] as const) {
      const part = await call("GET", path, { headers: { range } });
      expect([part.status, part.headers.get("content-range")]).toEqual([
        206,
        `bytes ${start}-${end - 1}/${bytes.length}`,
      ]);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(start, end))).toBe(true);
    }
    expect(await (await call("GET", "/metrics")).text()).toContain(`sluice_upload_bytes_total ${bytes.length}\n`);
    expect((await call("GET", path, { headers: { range: `bytes=${bytes.length}-` } })).status).toBe(416);
    expect(await json("DELETE", path)).toMatchObject({ code: 0 });
    expect((await call("GET", path)).status).toBe(404);
    expect(await json("DELETE", path)).toMatchObject({ code: 63253 });
  });

  it("are checked before they appear, and put only where none is when that is asked", async () => {
    const sha = createHash("sha256").update("x").digest("hex");
    const put = (headers: Record<string, string>, body = "x") => call("PUT", `${base}/checked`, { headers, body });
    expect((await put({ "x-content-sha256": sha }, "y")).status).toBe(400);
    expect((await put({ "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" })).status).toBe(400);
    expect((await put({ "x-content-sha256": "short" })).status).toBe(400);
    expect((await call("HEAD", `${base}/checked`)).status).toBe(404);
    expect((await put({ "x-content-sha256": sha, "if-none-match": "*" })).status).toBe(200);
    expect((await put({ "if-none-match": "*" })).status).toBe(412);
    expect((await put({ "if-match": '"other"' })).status).toBe(501);
    await json("DELETE", `${base}/checked`);
  });

  test.each([
    [`${base}/..%2F..%2Fetc%2Fpasswd`, 400],
    [`${base}/a%5Cb`, 400],
    [`${base}/%ff`, 400],
    ["/v2/volumes/none/files/x", 404],
  ])("%s is refused in JSON", async (path, status) => {
    const answer = await call("PUT", path, { body: "x" });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
  });

  it("are listed by page and by folder", async () => {
    for (const name of ["l/1", "l/a/2", "l/a/3", "l/b/4", "m"]) await json("PUT", `${base}/${name}`, { body: name });
    const pages: string[] = [];
    for (let token = ""; ; ) {
      const { data } = await json("GET", `${base}?prefix=l/&pageSize=2&pageToken=${token}`);
      pages.push(data.files.map(({ path }: { path: string }) => path).join(" "));
      token = data.nextPageToken;
      if (token === undefined) break;
    }
    expect(pages).toEqual(["l/1 l/a/2", "l/a/3 l/b/4"]);
    const { data } = await json("GET", `/v2/stages/v/files?prefix=l/&delimiter=/`);
    expect([data.files.length, data.folders]).toEqual([1, ["l/a/", "l/b/"]]);
    expect(await json("GET", `${base}?delimiter=x`)).toMatchObject({ code: 1801 });
  });

  it("are looked into before they are imported", async () => {
    await json("PUT", `${base}/in/books.json`, { body: jsonText(books(10)) });
    const inspected = await json("POST", "/v2/stages/v/inspect", { body: JSON.stringify({ path: "in/" }) });
    expect(inspected.code).toBe(0);
    expect(inspected.data.files).toHaveLength(1);
    expect(JSON.stringify(inspected.data.files[0])).toContain("title");
  });
});

describe("a file in parts", () => {
  const uploads = "/v2/volumes/v/uploads";
  const begin = async (path: string): Promise<string> =>
    (await json("POST", uploads, { body: JSON.stringify({ path }) })).data.uploadId;
  const put = (id: string, number: number | string, body: Uint8Array | string, headers = {}) =>
    json("PUT", `${uploads}/${id}/parts/${number}`, { body, headers });

  it("goes on from what has come, also after the server was killed, and is whole once it is completed", async () => {
    const bytes = randomBytes(9 << 20);
    const id = await begin("parts/large.bin");
    expect(await put(id, 2, bytes.subarray(8 << 20))).toMatchObject({ data: { partNumber: 2, fileSize: 1 << 20 } });
    await fixture.restart("kill9");
    const { data } = await json("GET", `/v2/stages/v/uploads/${id}`);
    expect(data).toMatchObject({ path: "parts/large.bin", status: "UPLOADING", parts: [{ partNumber: 2 }] });
    expect(await json("POST", `${uploads}/${id}/complete`)).toMatchObject({
      code: 63254,
      message: expect.stringContaining("part 1 was not"),
    });
    const md5 = createHash("md5")
      .update(bytes.subarray(0, 8 << 20))
      .digest("base64");
    await put(id, 1, bytes.subarray(0, 8 << 20), { "content-md5": md5 });
    for (let time = 0; time < 2; time++)
      expect(await json("POST", `${uploads}/${id}/complete`)).toMatchObject({ data: { fileSize: bytes.length } });
    expect((await json("GET", `${uploads}/${id}`)).data.status).toBe("COMPLETED");
    const got = await call("GET", `${base}/parts/large.bin`);
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it("is made of the parts that are named, in their order, where no other file is if that is asked", async () => {
    const id = await begin("parts/named");
    const [a, b] = [(await put(id, 7, "a")).data, (await put(id, 9, "b")).data];
    await put(id, 8, "not");
    const complete = (parts: object[], headers = {}) =>
      json("POST", `${uploads}/${id}/complete`, { body: JSON.stringify({ parts }), headers });
    expect(await complete([a, { partNumber: 9, etag: "x" }])).toMatchObject({ code: 63254 });
    await json("PUT", `${base}/parts/named`, { body: "before" });
    expect(await complete([a, b], { "if-none-match": "*" })).toMatchObject({ code: 63252 });
    expect(await complete([a, b], { "if-match": '"x"' })).toMatchObject({ code: 1100 });
    expect(await complete([a, b])).toMatchObject({ code: 0, data: { path: "parts/named", fileSize: 2 } });
    expect(await (await call("GET", `${base}/parts/named`)).text()).toBe("ab");
  });

  it("is refused where there is none, or a part is no part of it", async () => {
    const id = await begin("parts/refused");
    expect(await put(id, 0, "x")).toMatchObject({ code: 400 });
    expect(await put(id, 10_001, "x")).toMatchObject({ code: 400 });
    expect(await put(id, 1, "x", { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" })).toMatchObject({ code: 400 });
    expect(await put("0".repeat(32), 1, "x")).toMatchObject({ code: 63251 });
    expect(await json("POST", `${uploads}/${id}/complete`)).toMatchObject({ code: 63254 });
    expect(await json("DELETE", `${uploads}/${id}`)).toMatchObject({ code: 0 });
    expect(await put(id, 1, "x")).toMatchObject({ code: 63251 });
    expect(await json("GET", `${uploads}/${id}`)).toMatchObject({ code: 63251 });
    expect(await json("GET", `${uploads}/x`)).toMatchObject({ code: 63251 });
    expect(await json("POST", uploads, { body: JSON.stringify({ path: "../x" }) })).toMatchObject({ code: 63247 });
  });
});

describe("a link", () => {
  const link = async (body: object) =>
    (await json("POST", "/v2/volumes/v/presign", { body: JSON.stringify(body) })).data as { url: string };

  it("reads or writes one file until it ends, by TLS where it was asked by TLS", async () => {
    const write = await link({ method: "PUT", path: "l i/n+k.txt", maxBytes: 5 });
    expect(write).toMatchObject({ method: "PUT", expireTime: expect.stringMatching(/Z$/) });
    expect((await fetch(write.url, { method: "PUT", body: "longer" })).status).toBe(413);
    expect((await fetch(write.url, { method: "PUT", body: "hello" })).status).toBe(200);
    expect((await fetch(write.url)).status).toBe(403);
    const read = await link({ path: "l i/n+k.txt" });
    expect(await (await fetch(read.url, { headers: { range: "bytes=1-" } })).text()).toBe("ello");
    expect((await fetch(read.url, { method: "HEAD" })).status).toBe(200);
    expect((await fetch(read.url.replace("n%2Bk", "other"))).status).toBe(403);
    expect((await fetch(altered(read.url))).status).toBe(403);
    const brief = await link({ path: "l i/n+k.txt", expiresIn: 1 });
    const ended = await eventually(async () => {
      const answer = await fetch(brief.url);
      expect(answer.status).toBe(400);
      return answer;
    });
    expect(await ended.json()).toMatchObject({ message: expect.stringContaining("the link has ended") });
  });

  it.each([
    ["for more than a week", { path: "a", expiresIn: 7 * 86_400 + 1 }, 1801],
    ["for another method", { path: "a", method: "DELETE" }, 1100],
    ["of a size, to read", { path: "a", maxBytes: 5 }, 1100],
    ["out of the volume", { path: "a/../../b" }, 63247],
  ])("is not given %s", async (_what, body, code) => {
    expect(await json("POST", "/v2/volumes/v/presign", { body: JSON.stringify(body) })).toMatchObject({ code });
  });
});
