import { createHash } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { S3ObjectStore, type S3Options } from "@sluice/object-store";

interface Seen {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const seen: Seen[] = [];
/** Of the next PUTs; then all is well. */
const answers: ((response: ServerResponse) => void)[] = [];
let connections = 0;
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await Array.fromAsync(request));
  seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
  const answer = request.method === "PUT" ? answers.shift() : undefined;
  if (answer) return answer(response);
  const xml = "<InitiateMultipartUploadResult><UploadId>a/b+c=</UploadId></InitiateMultipartUploadResult>";
  response.writeHead(200, { etag: `"etag-${seen.length}"` }).end(request.method === "POST" ? xml : "");
});
server.on("connection", () => connections++);

describe("objects", () => {
  let options: S3Options;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    options = {
      ...{
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        region: "us-east-1",
        bucket: "books",
      },
      ...{ prefix: "", pathStyle: true, checksums: "crc32", maxSockets: 4, patienceMs: 20_000 },
      credentials: { accessKeyId: "AKID", secretAccessKey: "secret" },
    };
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  afterEach(() => {
    seen.length = 0;
    answers.length = 0;
  });

  const pieces = [Buffer.from("one "), new Uint8Array(0), new Uint8Array(new SharedArrayBuffer(300_000)).fill(7)];
  const whole = Buffer.concat(pieces);
  const crcOf = (bytes: Uint8Array) => {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(crc32(bytes));
    return value.toString("base64");
  };

  it("are sent in their pieces with a CRC-32, on one connection", async () => {
    connections = 0;
    await using store = await S3ObjectStore.open(options);
    await store.put("a b", pieces);
    await store.put("empty", []);
    expect(seen.map(({ line }) => line)).toEqual(["PUT /books/a%20b", "PUT /books/empty"]);
    expect(seen[0].body.equals(whole)).toBe(true);
    expect(seen[0].headers).toMatchObject({
      "content-length": String(whole.length),
      "content-type": "application/octet-stream",
      "x-amz-checksum-crc32": crcOf(whole),
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    });
    expect(seen[1].headers).toMatchObject({ "content-length": "0", "x-amz-checksum-crc32": "AAAAAA==" });
    expect(connections).toBe(1);
  });

  it("are signed with their SHA-256 where servers know no checksums", async () => {
    await using store = await S3ObjectStore.open({ ...options, checksums: "none" });
    await store.put("k", pieces);
    const sha256 = createHash("sha256").update(whole).digest("hex");
    expect(seen[0].headers).toMatchObject({ "x-amz-content-sha256": sha256 });
    expect(seen[0].headers).not.toHaveProperty("x-amz-checksum-crc32");
  });

  it("that are large go in parts, each with its own CRC-32", async () => {
    await using store = await S3ObjectStore.open(options);
    const large = Array.from({ length: 5 }, (_, i) => new Uint8Array(7 << 20).fill(i));
    await store.put("large", large);
    const bytes = Buffer.concat(large);
    const parts = seen.filter(({ line }) => line.startsWith("PUT"));
    const lines = parts.map(({ line }) => line).toSorted();
    expect(lines).toEqual([1, 2, 3].map((number) => `PUT /books/large?partNumber=${number}&uploadId=a%2Fb%2Bc%3D`));
    for (const { line, headers, body } of parts) {
      const first = (Number(/partNumber=(\d)/.exec(line)?.[1]) - 1) << 24;
      expect(body.equals(bytes.subarray(first, first + (16 << 20)))).toBe(true);
      expect(headers["x-amz-checksum-crc32"]).toBe(crcOf(body));
    }
    const end = seen.at(-1)?.body.toString() ?? "";
    for (const { headers } of parts) expect(end).toContain(`<ChecksumCRC32>${headers["x-amz-checksum-crc32"]}<`);
  });

  it("are sent again when the server is busy, the connection breaks or a byte was damaged, and else refused", async () => {
    await using store = await S3ObjectStore.open(options);
    const error = (status: number, code: string) => (response: ServerResponse) =>
      response.writeHead(status).end(`<Error><Code>${code}</Code><Message>m</Message></Error>`);
    answers.push(error(503, "SlowDown"), (response) => response.destroy(), error(400, "BadDigest"));
    await store.put("k", pieces);
    expect(seen).toHaveLength(4);
    for (const { body } of seen) expect(body.equals(whole)).toBe(true);
    answers.push(error(403, "AccessDenied"));
    await expect(store.put("k", pieces)).rejects.toThrow(
      /write object "k": .* denied access; the credentials need s3:PutObject/,
    );
    answers.push((response) => response.writeHead(307, { location: "http://127.0.0.1:9/" }).end());
    await expect(store.put("k", pieces)).rejects.toMatchObject({ code: "object_store_refused" });
    expect(seen).toHaveLength(6);
  });
});
