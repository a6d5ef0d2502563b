import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { amzDate, EMPTY_SHA256, encodedKey, type SignableRequest, SigV4Signer } from "../../src/s3/direct/sigv4.ts";

/** The examples of "Signature Calculations for the Authorization Header", Amazon S3 API reference. */
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const common = { host: "examplebucket.s3.amazonaws.com", "x-amz-date": "20130524T000000Z" };
const get = (path: string, query: string, headers: object = {}): SignableRequest => ({
  ...{ method: "GET", path, query },
  headers: { ...common, "x-amz-content-sha256": EMPTY_SHA256, ...headers },
});
const putHash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
const put: SignableRequest = {
  ...{ method: "PUT", path: "/test%24file.text", query: "" },
  headers: {
    ...common,
    date: "Fri, 24 May 2013 00:00:00 GMT",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "x-amz-content-sha256": putHash,
  },
};

describe("signatures of version 4", () => {
  it.each<[string, SignableRequest, string]>([
    [
      "a range of an object",
      get("/test.txt", "", { range: "bytes=0-9" }),
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    ["a written object", put, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"],
    [
      "a parameter without a value",
      get("/", "lifecycle="),
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ],
    ["a listing", get("/", "max-keys=2&prefix=J"), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
  ])("of %s are those that AWS published", (_title, request, signature) => {
    const signer = new SigV4Signer("us-east-1");
    const names = Object.keys(request.headers).toSorted().join(";");
    const expected = [
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request",
      `SignedHeaders=${names}`,
      `Signature=${signature}`,
    ].join(", ");
    expect(signer.authorization(request, credentials)).toBe(expected);
    expect(signer.authorization(request, credentials)).toBe(expected); // By the key that it has kept.
  });

  it("take secrets that are longer than a block of the hash", () => {
    const secretAccessKey = "s".repeat(100);
    const text = new SigV4Signer("us-east-1").authorization(get("/k", ""), { ...credentials, secretAccessKey });
    const keys = ["20130524", "us-east-1", "s3", "aws4_request"];
    const hmac = (key: string | Buffer, value: string) => createHmac("sha256", key).update(value).digest();
    const key = keys.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
    const names = "host;x-amz-content-sha256;x-amz-date";
    const lines = `host:${common.host}\nx-amz-content-sha256:${EMPTY_SHA256}\nx-amz-date:20130524T000000Z\n`;
    const canonical = createHash("sha256").update(`GET\n/k\n\n${lines}\n${names}\n${EMPTY_SHA256}`).digest("hex");
    const scope = "20130524/us-east-1/s3/aws4_request";
    const signature = hmac(key, `AWS4-HMAC-SHA256\n20130524T000000Z\n${scope}\n${canonical}`).toString("hex");
    expect(text).toContain(`Signature=${signature}`);
  });

  it("are of their day, region, service and secret", () => {
    const request = get("/k", "");
    const next = { ...request, headers: { ...request.headers, "x-amz-date": "20130525T000000Z" } };
    const signer = new SigV4Signer("us-east-1");
    const all = [
      signer.authorization(request, credentials),
      signer.authorization(next, credentials),
      signer.authorization(request, { ...credentials, secretAccessKey: "other" }),
      new SigV4Signer("eu-west-1").authorization(request, credentials),
      new SigV4Signer("us-east-1", "s3-outposts").authorization(request, credentials),
    ];
    expect(new Set(all.map((value) => value.replace(/.*Signature=/, ""))).size).toBe(all.length);
    expect(signer.authorization(request, credentials)).toBe(all[0]);
  });

  it("write times and keys as AWS wants them", () => {
    expect(amzDate(Date.UTC(2013, 4, 24, 1, 2, 3, 999))).toBe("20130524T010203Z");
    expect(encodedKey("a b/ü!'()*~-._$+&=@:,?#%/🙂//x")).toBe(
      "a%20b/%C3%BC%21%27%28%29%2A~-._%24%2B%26%3D%40%3A%2C%3F%23%25/%F0%9F%99%82//x",
    );
  });
});
