import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, test } from "@jest/globals";
import { bookCollection, books, eventually, jsonText, useRest, useServer } from "../support/index.ts";
import { callS3, elements, type Grant, type S3Call } from "./s3-client.ts";

const fixture = useServer({ uploadLimit: "40MB" });
const rest = useRest(fixture);
const MIB = 1 << 20;

// biome-ignore lint/suspicious/noExplicitAny: the shape is what tests check
async function call(method: string, path: string, body?: object): Promise<any> {
  const response = await fetch(`${fixture.url}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
  return response.json();
}

async function grantFor(path = "", volumeName = "v"): Promise<Grant> {
  return (await call("POST", "/v2/volumes/apply", { volumeName, path })).data;
}

const put = (grant: Grant, path: string, body: Uint8Array | string, more: S3Call = {}) =>
  callS3(grant, { method: "PUT", key: grant.volumePrefix + path, body, ...more });

async function keysBelow(grant: Grant, path = ""): Promise<string[]> {
  const query = { "list-type": "2", prefix: grant.volumePrefix + path };
  const { body } = await callS3(grant, { query });
  return elements(body, "Key").map((key) => key.slice(grant.volumePrefix.length));
}

const described = async (name = "v") => (await call("GET", `/v2/volumes/${name}`)).data;
const refusal = (reply: { status: number; body: string }) => `${reply.status} ${elements(reply.body, "Code")}`;

beforeAll(async () => {
  await call("POST", "/v2/volumes/create", { volumeName: "v" });
});

describe("one file in one request", () => {
  it("is stored under its key, counted, replaced by another, and told by its MD5", async () => {
    const grant = await grantFor();
    const first = await put(grant, "a b/f+x&y=z%20ü.json", "hello");
    expect([first.status, first.headers.etag]).toEqual([200, `"${createHash("md5").update("hello").digest("hex")}"`]);
    expect(first.headers["x-amz-request-id"]).toMatch(/^[0-9A-F]{16}$/);
    expect(await described()).toMatchObject({ fileCount: 1, totalBytes: 5 });
    await put(grant, "a b/f+x&y=z%20ü.json", "hello, world");
    expect(await described()).toMatchObject({ fileCount: 1, totalBytes: 12 });
    expect(await keysBelow(grant)).toEqual(["a b/f+x&amp;y=z%20ü.json"]);
    const head = await callS3(grant, { method: "HEAD", key: `${grant.volumePrefix}a b/f+x&y=z%20ü.json` });
    expect([head.status, head.headers["content-length"]]).toEqual([200, "12"]);
  });

  it("may be empty, of any size around a chunk, and come by TLS or with the token alone", async () => {
    const grant = await grantFor("sizes/");
    for (const bytes of [0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1])
      expect((await put(grant, `sizes/${bytes}`, randomBytes(bytes))).status).toBe(200);
    const ca = await readFile(join(fixture.dataDir, "tls/cert.pem"));
    expect((await put(grant, "sizes/tls", "x", { ca })).status).toBe(200);
    const asBearer: S3Call["tamper"] = ({ headers }) => {
      headers.authorization = `Bearer ${grant.credentials.sessionToken}`;
      for (const name of ["x-amz-date", "x-amz-content-sha256", "x-amz-security-token"]) delete headers[name];
    };
    expect((await put(grant, "sizes/bearer", "x", { tamper: asBearer })).status).toBe(200);
    expect(await keysBelow(grant, "sizes/")).toHaveLength(7);
  });

  const chunks = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
  const trailing = { "x-amz-decoded-content-length": "5", "x-amz-trailer": "x-amz-checksum-crc32" };

  it("may come in chunks with a checksum behind them, as boto3 sends it", async () => {
    const grant = await grantFor();
    const payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    const good = await put(grant, "chunks", chunks, { payload, headers: trailing });
    expect(good.headers.etag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    const bad = await put(grant, "bad", chunks.replace("hello", "hullo"), { payload, headers: trailing });
    expect(refusal(bad)).toBe("400 BadDigest");
  });

  const sha = createHash("sha256").update("x").digest("hex");
  test.each<[string, S3Call, string]>([
    ["another MD5", { headers: { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" } }, "400 BadDigest"],
    ["another CRC32C", { headers: { "x-amz-checksum-crc32c": "AAAAAA==" } }, "400 BadDigest"],
    ["another SHA-256 than was signed", { payload: sha }, "400 XAmzContentSHA256Mismatch"],
    ["another SHA-256 than was signed, in capitals", { payload: sha.toUpperCase() }, "400 XAmzContentSHA256Mismatch"],
    ["a word for its SHA-256 that is none", { payload: "ANY" }, "400 InvalidArgument"],
    ["a checksum that nobody knows", { headers: { "x-amz-checksum-xxhash64": "AAAA" } }, "501 NotImplemented"],
    ["another clock", { date: new Date(Date.now() - 16 * 60_000) }, "403 RequestTimeTooSkewed"],
    ["a header that was changed", { tamper: ({ headers }) => (headers["x-amz-content-sha256"] = sha) }, "403 SignatureDoesNotMatch"], // biome-ignore format: one case a line
    ["another path than was signed", { tamper: (to) => (to.path += "x") }, "403 SignatureDoesNotMatch"],
    ["a token that was changed", { tamper: ({ headers }) => (headers["x-amz-security-token"] += "x") }, "403 InvalidAccessKeyId"], // biome-ignore format: one case a line
    ["no credentials", { tamper: ({ headers }) => delete headers.authorization }, "403 AccessDenied"],
    ["a copy", { headers: { "x-amz-copy-source": "/other/key" } }, "501 NotImplemented"],
    ["bytes behind those that are there", { headers: { "x-amz-write-offset-bytes": "5" } }, "501 NotImplemented"],
    ["encryption", { headers: { "x-amz-server-side-encryption": "AES256" } }, "501 NotImplemented"],
    ["another condition", { headers: { "if-match": '"x"' } }, "501 NotImplemented"],
  ])("is refused for %s, in XML, and leaves no file", async (_why, more, expected) => {
    const grant = await grantFor();
    const reply = await put(grant, "refused", "hello", more);
    expect(refusal(reply)).toBe(expected);
    expect(reply.headers["content-type"]).toBe("application/xml");
    expect(reply.body).toContain("<Error><Code>");
    expect(await keysBelow(grant, "refused")).toEqual([]);
  });
});

describe("what S3 keeps beside an object", () => {
  it.each(["tagging", "acl", "retention", "legal-hold", "torrent"])(
    "is no file: ?%s leaves the one that is there",
    async (name) => {
      const grant = await grantFor("beside/");
      await put(grant, "beside/x", "hello");
      const key = `${grant.volumePrefix}beside/x`;
      expect(refusal(await callS3(grant, { method: "PUT", key, query: { [name]: "" }, body: "<Tagging/>" }))).toBe(
        "501 NotImplemented",
      );
      expect((await callS3(grant, { method: "HEAD", key })).headers["content-length"]).toBe("5");
    },
  );
});

describe("a client that waits to be asked for its body", () => {
  const headers = { expect: "100-continue" };

  it("is asked when the file may come, and not when it would be refused", async () => {
    const grant = await grantFor("asked/");
    expect(await put(grant, "asked/x", "hello", { headers })).toMatchObject({ status: 200, wasAsked: true });
    expect(await put(grant, "other/x", "hello", { headers })).toMatchObject({ status: 403, wasAsked: false });
    const large = await put(grant, "asked/x", "", { headers: { ...headers, "content-length": String(41 * MIB) } });
    expect([refusal(large), large.wasAsked]).toEqual(["400 EntityTooLarge", false]);
  });
});

describe("a server that is stopped", () => {
  const headers = { expect: "100-continue" };

  it("takes a file that is on its way", async () => {
    const grant = await grantFor("last/");
    let stopped: Promise<void> | undefined;
    const beforeBody = async () => {
      stopped = fixture.stop();
      await eventually(() => expect(fetch(`${fixture.url}/healthz`)).rejects.toThrow());
    };
    expect((await put(grant, "last/x", randomBytes(MIB), { headers, beforeBody })).status).toBe(200);
    await stopped;
    await fixture.restart();
    expect(await keysBelow({ ...grant, endpoint: fixture.server.address }, "last/")).toEqual(["last/x"]);
  });

  it("waits for no client that takes its time", async () => {
    const grant = await grantFor("slow/");
    let stopped: Promise<void> | undefined;
    const beforeBody = () => {
      stopped = fixture.stop();
      return stopped;
    };
    await expect(put(grant, "slow/x", "hello", { headers, beforeBody })).rejects.toThrow();
    await stopped;
    expect(fixture.server.stderr).toContain("IncompleteBody: the client has gone");
    await fixture.restart();
    expect(await keysBelow({ ...grant, endpoint: fixture.server.address }, "slow/")).toEqual([]);
  });
});

describe("what credentials are for", () => {
  test.each([
    ["another folder", "other/x"],
    ["out of the volume", "../../etc/passwd"],
    ["out of its folder", "mine/../other/x"],
    ["a backslash", "mine\\x"],
    ["a NUL", "mine/\u0000"],
    ["a key that is too long", `mine/${"x".repeat(1000)}`],
    ["a folder", "mine/"],
  ])("is one folder: %s is refused", async (_name, path) => {
    const grant = await grantFor("mine/");
    expect((await put(grant, path, "x")).status).toBeGreaterThanOrEqual(400);
    expect(await keysBelow(grant, "mine/")).toEqual([]);
  });

  it("is one volume, written and listed, not read or deleted, in one bucket", async () => {
    await call("POST", "/v2/volumes/create", { volumeName: "w" });
    const [grant, other] = [await grantFor(), await grantFor("", "w")];
    await put(other, "secret", "x");
    const key = `${other.volumePrefix}secret`;
    expect(refusal(await callS3(grant, { method: "PUT", key, body: "y" }))).toBe("403 AccessDenied");
    expect(refusal(await callS3(grant, { query: { "list-type": "2", prefix: other.volumePrefix } }))).toBe(
      "403 AccessDenied",
    );
    expect(refusal(await callS3(grant, { query: { "list-type": "2" } }))).toBe("403 AccessDenied");
    expect(refusal(await callS3(other, { key }))).toBe("403 AccessDenied");
    expect(refusal(await callS3(other, { method: "DELETE", key }))).toBe("403 AccessDenied");
    const elsewhere = await callS3({ ...grant, bucketName: "other" }, { method: "PUT", key, body: "x" });
    expect([refusal(elsewhere), elsewhere.headers["content-type"]]).toEqual(["404 NoSuchBucket", "application/xml"]);
    expect(refusal(await callS3({ ...grant, bucketName: "" }, {}))).toBe("403 AccessDenied");
    const stranger = { ...grant, bucketName: "other", credentials: { ...grant.credentials, tmpSK: "wrong" } };
    expect(refusal(await callS3(stranger, { key }))).toBe("403 SignatureDoesNotMatch");
    expect((await callS3(grant, { query: { location: "" } })).body).toContain("LocationConstraint");
  });

  it("ends with the volume, also for one that is made anew under its name, and while it is frozen", async () => {
    await call("POST", "/v2/volumes/create", { volumeName: "x" });
    const grant = await grantFor("", "x");
    await call("PATCH", "/v2/volumes/x", { status: "FROZEN" });
    expect(refusal(await put(grant, "a", "x"))).toBe("403 AccessDenied");
    await call("PATCH", "/v2/volumes/x", { status: "RUNNING" });
    expect((await put(grant, "a", "x")).status).toBe(200);
    await call("DELETE", "/v2/volumes/x");
    expect(refusal(await put(grant, "a", "x"))).toBe("403 InvalidAccessKeyId");
    await call("POST", "/v2/volumes/create", { volumeName: "x" });
    expect(refusal(await put(grant, "a", "x"))).toBe("403 InvalidAccessKeyId");
    expect(await described("x")).toMatchObject({ fileCount: 0 });
  });

  it("is as many bytes as the server allows an upload, all its files together", async () => {
    const grant = await grantFor("limit/");
    expect((await put(grant, "limit/a", Buffer.alloc(30 * MIB))).status).toBe(200);
    expect(refusal(await put(grant, "limit/b", Buffer.alloc(11 * MIB)))).toBe("400 EntityTooLarge");
    expect(await keysBelow(grant, "limit/")).toEqual(["limit/a"]);
    expect((await put(await grantFor("limit/"), "limit/b", Buffer.alloc(11 * MIB))).status).toBe(200);
  });
});

describe("a file in parts", () => {
  const begin = async (grant: Grant, path: string) => {
    const key = grant.volumePrefix + path;
    const [uploadId] = elements(
      (await callS3(grant, { method: "POST", key, query: { uploads: "" } })).body,
      "UploadId",
    );
    return { key, uploadId };
  };
  const part = (grant: Grant, { key, uploadId }: { key: string; uploadId: string }, number: number, body: Uint8Array) =>
    callS3(grant, { method: "PUT", key, query: { partNumber: String(number), uploadId }, body });
  const complete = (grant: Grant, { key, uploadId }: { key: string; uploadId: string }, list: [number, unknown][]) =>
    callS3(grant, {
      ...{ method: "POST", key, query: { uploadId } },
      body: `<CompleteMultipartUpload>${list.map(([n, etag]) => `<Part><PartNumber>${n}</PartNumber><ETag>${etag}</ETag></Part>`).join("")}</CompleteMultipartUpload>`,
    });

  it("is whole however its parts come, once it is completed, which may be said again", async () => {
    const grant = await grantFor("parts/");
    const upload = await begin(grant, "parts/rows.json");
    const text = Buffer.from(jsonText(books(9000)));
    const cut = Math.floor(text.length / 3);
    const etags = new Map<number, unknown>();
    for (const number of [3, 1, 2, 1]) {
      const bytes = text.subarray((number - 1) * cut, number === 3 ? text.length : number * cut);
      etags.set(number, (await part(grant, upload, number, bytes)).headers.etag);
    }
    expect(await keysBelow(grant, "parts/")).toEqual([]);
    const list = [...etags].sort(([a], [b]) => a - b);
    expect(refusal(await complete(grant, upload, [[1, etags.get(2)]]))).toBe("400 InvalidPart");
    expect(refusal(await complete(grant, upload, [...list].reverse()))).toBe("400 InvalidPartOrder");
    expect(refusal(await complete(grant, upload, []))).toBe("400 MalformedXML");
    for (let i = 0; i < 2; i++) {
      const done = await complete(grant, upload, list);
      expect(elements(done.body, "ETag")[0]).toMatch(/-3&quot;$/);
    }
    expect(await keysBelow(grant, "parts/")).toEqual(["parts/rows.json"]);
    expect(refusal(await part(grant, upload, 4, text))).toBe("404 NoSuchUpload");
    await fixture.client.createCollection(bookCollection("in_parts"));
    const job = await rest.run({ collectionName: "in_parts", volumeName: "v", dataPaths: [["parts/rows.json"]] });
    expect(job).toMatchObject({ state: "Completed", importedRows: 9000 });
    expect(await fixture.client.count("in_parts")).toBe(9000);
  });

  it("takes the place of no other where the client says so", async () => {
    const grant = await grantFor("kept/");
    await put(grant, "kept/x", "hello");
    const upload = await begin(grant, "kept/x");
    const { etag } = (await part(grant, upload, 1, Buffer.from("other"))).headers;
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
    const call = { method: "POST", key: upload.key, query: { uploadId: upload.uploadId }, body };
    expect(refusal(await callS3(grant, { ...call, headers: { "if-none-match": "*" } }))).toBe("412 PreconditionFailed");
    expect((await callS3(grant, call)).status).toBe(200);
  });

  it("is not completed by a list that came otherwise than was said", async () => {
    const grant = await grantFor("said/");
    const upload = await begin(grant, "said/x");
    const { etag } = (await part(grant, upload, 1, Buffer.from("x"))).headers;
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
    const call = { method: "POST", key: upload.key, query: { uploadId: upload.uploadId }, body };
    const md5 = { "content-md5": createHash("md5").update("x").digest("base64") };
    expect(refusal(await callS3(grant, { ...call, headers: md5 }))).toBe("400 BadDigest");
    const payload = createHash("sha256").update("x").digest("hex");
    expect(refusal(await callS3(grant, { ...call, payload }))).toBe("400 XAmzContentSHA256Mismatch");
    expect(await keysBelow(grant, "said/")).toEqual([]);
    // What S3 takes beside a list is the checksum of the file.
    expect((await callS3(grant, { ...call, headers: { "x-amz-checksum-crc32": "AAAAAA==" } })).status).toBe(200);
  });

  it("is given up by an abort, which may be said again", async () => {
    const grant = await grantFor();
    const upload = await begin(grant, "aborted");
    await part(grant, upload, 1, Buffer.from("x"));
    for (let i = 0; i < 2; i++) {
      const { key, uploadId } = upload;
      expect((await callS3(grant, { method: "DELETE", key, query: { uploadId } })).status).toBe(204);
    }
    expect(refusal(await part(grant, upload, 1, Buffer.from("x")))).toBe("404 NoSuchUpload");
    expect(refusal(await complete(grant, upload, [[1, '"x"']]))).toBe("404 NoSuchUpload");
    expect(refusal(await part(grant, { ...upload, uploadId: "../x" }, 1, Buffer.from("x")))).toBe("404 NoSuchUpload");
  });

  it("goes on after the server was killed between two parts", async () => {
    const grant = await grantFor("killed/");
    const upload = await begin(grant, "killed/x");
    const first = (await part(grant, upload, 1, randomBytes(100))).headers.etag;
    await fixture.restart("kill9");
    const moved = { ...grant, endpoint: fixture.server.address };
    const second = (await part(moved, upload, 2, randomBytes(50))).headers.etag;
    expect(
      (
        await complete(moved, upload, [
          [1, first],
          [2, second],
        ])
      ).status,
    ).toBe(200);
    expect(await keysBelow(moved, "killed/")).toEqual(["killed/x"]);
  });

  it("belongs to its key alone", async () => {
    const grant = await grantFor();
    const upload = await begin(grant, "one");
    const other = { ...upload, key: `${grant.volumePrefix}two` };
    expect(refusal(await part(grant, other, 1, Buffer.from("x")))).toBe("404 NoSuchUpload");
    const { etag } = (await part(grant, upload, 1, Buffer.from("x"))).headers;
    expect(refusal(await complete(grant, other, [[1, etag]]))).toBe("404 NoSuchUpload");
  });
});

describe("listings", () => {
  it("go on from page to page, in the order of bytes, by folder, and with names encoded", async () => {
    const grant = await grantFor("list/");
    const names = ["a", "a-b", "a/b", "a/c+d %", "a0", "b/c", "ü"];
    for (const name of names) await put(grant, `list/${name}`, "x");
    const page = async (more: Readonly<Record<string, string>>) =>
      (await callS3(grant, { query: { "list-type": "2", prefix: `${grant.volumePrefix}list/`, ...more } })).body;
    const found: string[] = [];
    for (let token = ""; ; ) {
      const body = await page({
        "max-keys": "2",
        "encoding-type": "url",
        ...(token && { "continuation-token": token }),
      });
      found.push(...elements(body, "Key").map((key) => decodeURIComponent(key).slice(grant.volumePrefix.length + 5)));
      const [next] = elements(body, "NextContinuationToken");
      expect(elements(body, "IsTruncated")).toEqual([String(next !== undefined)]);
      if (next === undefined) break;
      expect(next).not.toBe(token);
      token = next;
    }
    expect(found).toEqual(names);
    expect(await page({ "encoding-type": "url" })).toContain("c%2Bd%20%25");
    const none = await page({ "max-keys": "0" });
    expect([...elements(none, "Key"), ...elements(none, "KeyCount"), ...elements(none, "IsTruncated")]).toEqual([
      "0",
      "false",
    ]);
    expect(await page({ "max-keys": "-1" })).toContain("<Code>InvalidArgument</Code>");
    const folded = await page({ delimiter: "/" });
    const folders = elements(folded, "Prefix").slice(1);
    expect(folders.map((folder) => folder.slice(grant.volumePrefix.length))).toEqual(["list/a/", "list/b/"]);
    expect(elements(folded, "Key")).toHaveLength(4);
  });
});
