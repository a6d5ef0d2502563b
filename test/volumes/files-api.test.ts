import { createHash, randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it, test } from "@jest/globals";
import { books, jsonText, useServer } from "../support/index.ts";

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
