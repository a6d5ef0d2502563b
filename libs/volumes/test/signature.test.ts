import { createHash, createHmac } from "node:crypto";
import { describe, expect, it, test } from "@jest/globals";
import {
  AwsChunkedBody,
  BodyChecks,
  checkSignature,
  chunkedPayload,
  etagOfParts,
  parsePartList,
  parseSignature,
} from "@sluice/volumes";

const EMPTY = createHash("sha256").digest("hex");

describe("signatures", () => {
  // The example of Amazon's documentation, "GET Bucket Lifecycle" and "PUT Object", whose keys and signatures it prints.
  const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  const at = Date.UTC(2013, 4, 24);
  const scope = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
  const host = "examplebucket.s3.amazonaws.com";
  const get = {
    method: "GET",
    url: "/?lifecycle",
    headers: {
      host,
      "x-amz-date": "20130524T000000Z",
      "x-amz-content-sha256": EMPTY,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543`,
    },
  };
  const put = {
    method: "PUT",
    url: "/test%24file.text",
    headers: {
      host,
      date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-date": "20130524T000000Z",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      authorization: `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd`,
    },
  };

  test.each([
    ["a query without a value", get],
    ["a path with an encoded character", put],
  ])("are those that Amazon prints: %s", (_name, request) => {
    checkSignature(request, parseSignature(request, at), secret);
  });

  it("hold no longer when anything that they cover changes", () => {
    const changes = [
      { ...put, method: "POST" },
      { ...put, url: "/test%24file.txt" },
      { ...put, url: `${put.url}?x=1` },
      { ...put, headers: { ...put.headers, "x-amz-storage-class": "STANDARD" } },
      { ...put, headers: { ...put.headers, "x-amz-content-sha256": EMPTY } },
    ];
    for (const changed of changes)
      expect(() => checkSignature(changed, parseSignature(changed, at), secret)).toThrow("the signature is not that");
    expect(() => checkSignature(put, parseSignature(put, at), `${secret}x`)).toThrow("the signature is not that");
  });

  it("are good for a quarter of an hour around their time", () => {
    parseSignature(get, at + 15 * 60_000);
    expect(() => parseSignature(get, at + 15 * 60_000 + 1)).toThrow("15 minutes");
    expect(() => parseSignature(get, at - 15 * 60_000 - 1)).toThrow("15 minutes");
  });

  test.each(["", "Basic x", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 Credential=a/b/c,SignedHeaders=host,Signature=0"])(
    "the header %j is none",
    (authorization) => {
      expect(() => parseSignature({ ...get, headers: { ...get.headers, authorization } }, at)).toThrow();
    },
  );
});

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function decode(body: AwsChunkedBody): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const bytes of body.bytes()) all.push(Buffer.from(bytes));
  return Buffer.concat(all).toString("latin1");
}

describe("bodies in chunks", () => {
  const text = "5\r\nhello\r\nb\r\n wide world\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";

  test.each([1, 2, 3, 7, 100])("are read however they are cut: %i bytes a piece", async (size) => {
    const body = new AwsChunkedBody(pieces(text, size), undefined);
    expect(await decode(body)).toBe("hello wide world");
    expect([...body.trailers]).toEqual([["x-amz-checksum-crc32", "AAAAAA=="]]);
  });

  test.each(["", "5\r\nhel", "x\r\n", "5\r\nhelloX\r\n0\r\n\r\n", `${"1".repeat(9)}\r\n`, "a".repeat(5000)])(
    "that break off or hold no chunks are refused: %j",
    async (broken) => {
      await expect(decode(new AwsChunkedBody(pieces(broken, 4), undefined))).rejects.toThrow();
    },
  );

  const scope = "20130524/us-east-1/s3/aws4_request";
  const key = scope
    .split("/")
    .reduce<string | Buffer>((k, part) => createHmac("sha256", k).update(part).digest(), "AWS4s");
  const signature = {
    accessKeyId: "a",
    scope,
    signedHeaders: ["host"],
    signature: "f".repeat(64),
    date: "20130524T000000Z",
    payload: "",
  };

  /** As a client signs: each chunk with the signature before it. */
  function signedChunks(chunks: readonly string[]): string {
    let previous = signature.signature;
    const framed = [...chunks, ""].map((chunk) => {
      const hash = createHash("sha256").update(chunk).digest("hex");
      const lines = ["AWS4-HMAC-SHA256-PAYLOAD", signature.date, scope, previous, EMPTY, hash].join("\n");
      previous = createHmac("sha256", key).update(lines).digest("hex");
      return `${chunk.length.toString(16)};chunk-signature=${previous}\r\n${chunk}\r\n`;
    });
    return framed.join("");
  }

  it("are checked chunk by chunk where they are signed", async () => {
    const signing = { signature, secretAccessKey: "s" };
    const good = signedChunks(["hello", " world"]);
    expect(await decode(new AwsChunkedBody(pieces(good, 10), signing))).toBe("hello world");
    for (const bad of [good.replace("world", "w0rld"), good.replace("chunk-signature=", "chunk-signature=0")])
      await expect(decode(new AwsChunkedBody(pieces(bad, 10), signing))).rejects.toThrow("has not the signature");
  });

  it("are told by the word that stands for the hash", () => {
    expect(chunkedPayload("UNSIGNED-PAYLOAD")).toBeUndefined();
    expect(chunkedPayload(EMPTY)).toBeUndefined();
    expect(chunkedPayload("STREAMING-UNSIGNED-PAYLOAD-TRAILER")).toEqual({ isSigned: false });
    expect(chunkedPayload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")).toEqual({ isSigned: true });
    expect(() => chunkedPayload("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")).toThrow("not supported");
  });
});

describe("checks of a body", () => {
  // Check values of "123456789": RFC 3720 B.4 and the catalogue of CRCs for the first three; hashes by openssl.
  const digits = "123456789";
  const said: Readonly<Record<string, string>> = {
    "content-md5": "JfnnlDI7RTiF9RgfG2JNCw==",
    "x-amz-checksum-crc32": "y/Q5Jg==",
    "x-amz-checksum-crc32c": "4waSgw==",
    "x-amz-checksum-crc64nvme": "rosUhgp5mIg=",
    "x-amz-checksum-sha1": "98O8HYCOBHMq32eZZczDTKeuNEE=",
    "x-amz-checksum-sha256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
  };

  async function check(
    headers: Readonly<Record<string, string>>,
    payload = "UNSIGNED-PAYLOAD",
    size = 9,
    trailers = {},
  ) {
    const checks = new BodyChecks(headers, payload, size);
    for await (const _ of checks.pass(pieces(digits, 4)));
    return checks.finish(new Map(Object.entries(trailers)));
  }

  it("pass what is as it was said, and give its MD5", async () => {
    expect(await check(said)).toBe("25f9e794323b453885f5181f1b624d0b");
    expect(
      await check({ "x-amz-trailer": "x-amz-checksum-crc32c" }, "UNSIGNED-PAYLOAD", 9, {
        "x-amz-checksum-crc32c": "4waSgw==",
      }),
    ).toHaveLength(32);
    expect(await check({}, createHash("sha256").update(digits).digest("hex"))).toHaveLength(32);
  });

  test.each(Object.keys(said))("refuse another %s", async (name) => {
    const other = Buffer.from(said[name], "base64");
    other[0] ^= 1;
    await expect(check({ [name]: other.toString("base64") })).rejects.toMatchObject({ code: "BadDigest" });
  });

  it("refuse another hash, another length, and a checksum that is announced and does not come", async () => {
    await expect(check({}, EMPTY)).rejects.toMatchObject({ code: "XAmzContentSHA256Mismatch" });
    for (const size of [8, 10])
      await expect(check({}, undefined, size)).rejects.toMatchObject({ code: "IncompleteBody" });
    await expect(check({ "x-amz-trailer": "x-amz-checksum-crc32" })).rejects.toMatchObject({ code: "BadDigest" });
  });
});

describe("lists of parts", () => {
  const part = (number: number | string, etag = "x") =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`;
  const list = (...parts: string[]) =>
    `<CompleteMultipartUpload xmlns="a">${parts.join("\n")}</CompleteMultipartUpload>`;

  it("name numbers and ETags, whichever quotes they have", () => {
    expect(parsePartList(list(part(1, '"a"'), part(3, "&quot;b&quot;"), part(10_000, "&#34;c&#34;")))).toEqual([
      { partNumber: 1, etag: "a" },
      { partNumber: 3, etag: "b" },
      { partNumber: 10_000, etag: "c" },
    ]);
  });

  test.each([
    ["", "MalformedXML"],
    [list(), "MalformedXML"],
    [list(part(0)), "MalformedXML"],
    [list(part(10_001)), "MalformedXML"],
    [list(part("1.5")), "MalformedXML"],
    [list(part("")), "MalformedXML"],
    [list(part(2), part(1)), "InvalidPartOrder"],
    [list(part(1), part(1)), "InvalidPartOrder"],
  ])("%s is refused: %s", (xml, code) => {
    expect(() => parsePartList(xml)).toThrow(expect.objectContaining({ code }));
  });

  it("give the ETag that S3 gives", () => {
    const md5 = (text: string) => createHash("md5").update(text).digest();
    const both = createHash("md5").update(md5("a")).update(md5("b")).digest("hex");
    expect(etagOfParts([md5("a").toString("hex"), md5("b").toString("hex")])).toBe(`${both}-2`);
  });
});
