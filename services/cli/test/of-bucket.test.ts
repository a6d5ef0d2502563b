import { expect, it } from "@jest/globals";
import { RefusedError } from "../src/client/rest-client.ts";
import { serverPaths, throwOfBucket } from "../src/commands/common.ts";

const missing = (path: string) => new RefusedError(2100, `the file does not exist in the bucket "sluice" (${path})`);

it("a file of this machine that a server of a bucket refuses is told where to go", () => {
  expect(() => throwOfBucket(missing("/home/ann/books.jsonl"))).toThrow("name it s3://BUCKET/KEY");
});

it.each([missing("books.jsonl"), missing("s3://sluice/books.jsonl"), new Error("x")])(
  "all else stays as it is",
  (error) => {
    expect(() => throwOfBucket(error)).toThrow(error);
  },
);

it("standard input is refused, since the server opens files itself", () => {
  expect(() => serverPaths(["a.jsonl", "-"], "127.0.0.1:19530")).toThrow(
    "reads no standard input: write the rows into a file",
  );
});
