import { expect, it } from "@jest/globals";
import { z } from "zod";
import { objectUrlMembers, objectUrlsOf } from "../../src/http/object-urls.ts";

const parse = (body: object) => objectUrlsOf(z.object(objectUrlMembers).parse(body));
const keys = { accessKey: "id", secretKey: "secret" };
const ids = { accesskey_id: "id", accesskey_secret: "secret" };
const sourceOf = (body: object) => JSON.parse(parse(body).options[0].value);

it.each([
  ["s3://books/2026/a.parquet", { bucket_name: "books" }, "2026/a.parquet"],
  [
    "https://books.s3.eu-central-1.amazonaws.com/a%20b.json",
    { bucket_name: "books", region: "eu-central-1" },
    "a b.json",
  ],
  ["https://s3.us-west-2.amazonaws.com/books/a.json", { bucket_name: "books", region: "us-west-2" }, "a.json"],
  ["http://minio:9000/books/x/", { bucket_name: "books", address: "http://minio:9000" }, "x/"],
])("%s with credentials is a store that the job brings", (objectUrl, place, key) => {
  expect(sourceOf({ objectUrl, ...keys })).toEqual({ type: "s3", ...place, ...ids });
  expect(parse({ objectUrl, ...keys }).groups).toEqual([[key]]);
});

it("without credentials s3:// is a bucket that the server has", () => {
  expect(parse({ objectUrls: ["s3://books/a.json", ["s3://books/b.npy", "s3://other/c.npy"]], token: "" })).toEqual({
    groups: [["s3://books/a.json"], ["s3://books/b.npy", "s3://other/c.npy"]],
    options: [],
  });
});

it.each([
  [{ objectUrls: ["s3://a/x", "s3://b/x"], ...keys }, "of one bucket"],
  [{ objectUrl: "file:///etc/passwd", ...keys }, 'not read by "file:"'],
  [{ objectUrl: "https://user:pw@host/b/k", ...keys }, "no URL of an object"],
  [{ objectUrl: "https://host/", ...keys }, "no object of a bucket"],
  [{ objectUrl: "books.json" }, "no URL of an object"],
  [{ objectUrls: [[]], ...keys }, "names nothing"],
])("%j is refused", (body, reason) => {
  expect(() => parse(body)).toThrow(reason);
});
