import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { decodeTransacted, encodeTransaction } from "../src/etcd/etcd-codec.ts";

/** What etcd's own description of its messages makes of them. */
const require = createRequire(import.meta.url);
const etcd3 = createRequire(require.resolve("etcd3"));
const { loadSync } = etcd3("@grpc/proto-loader") as {
  loadSync(file: string, options: object): Record<string, { Txn: Record<string, (one: never) => never> }>;
};
const file = join(dirname(require.resolve("etcd3/package.json")), "proto/rpc.proto");
const shape = { keepCase: true, longs: String, enums: String, defaults: false, oneofs: true };
const { Txn } = loadSync(file, shape)["etcdserverpb.KV"];
const read = (bytes: Buffer) => Txn.requestDeserialize(bytes as never) as object;
const written = (answer: object) => Txn.responseSerialize(answer as never) as Buffer;

const [key, value] = [Buffer.from("a/\xff"), Buffer.from("{}")];

describe("a transaction for etcd", () => {
  it("is what its description reads: conditions, and operations of each kind on either side", () => {
    const bytes = encodeTransaction({
      conditions: [
        { key, revision: 0n },
        { key: Buffer.from("b"), revision: 2n ** 62n },
      ],
      success: [
        { put: key, value },
        { put: key, value: Buffer.alloc(0), lease: "7587862094816217777" },
        { delete: key },
      ],
      failure: [{ get: key }],
    });
    const compared = (key: Buffer, mod_revision: string) => ({
      target: "Mod",
      key,
      mod_revision,
      target_union: "mod_revision",
    });
    expect(read(bytes)).toEqual({
      compare: [compared(key, "0"), compared(Buffer.from("b"), String(2n ** 62n))],
      success: [
        { request: "request_put", request_put: { key, value } },
        { request: "request_put", request_put: { key, value: Buffer.alloc(0), lease: "7587862094816217777" } },
        { request: "request_delete_range", request_delete_range: { key } },
      ],
      failure: [{ request: "request_range", request_range: { key } }],
    });
  });

  it("may have neither conditions nor operations", () => {
    expect(read(encodeTransaction({ success: [] }))).toEqual({});
  });
});

describe("an answer of etcd", () => {
  it("tells what a transaction has found, of each operation, and the revision of the store", () => {
    const found = { key, value, mod_revision: "12", create_revision: "3", version: "2", lease: "77" };
    const header = { cluster_id: "18446744073709551615", member_id: "5", revision: "9007199254740993", raft_term: "2" };
    const responses = [
      { response_range: { header, kvs: [found], count: "1" } },
      { response_put: { header } },
      { response_range: { header, kvs: [] } },
      { response_delete_range: { header, deleted: "1" } },
    ];
    const nothing = undefined;
    expect(decodeTransacted(written({ header, succeeded: true, responses }))).toEqual({
      succeeded: true,
      revision: 9007199254740993n,
      found: [{ key, value, revision: 12n, lease: 77n }, nothing, nothing, nothing],
    });
  });

  it("that is refused has not succeeded", () => {
    const answer = written({ header: { revision: "4" }, succeeded: false, responses: [] });
    expect(decodeTransacted(answer)).toEqual({ succeeded: false, revision: 4n, found: [] });
  });
});
