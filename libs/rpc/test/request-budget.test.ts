import { once } from "node:events";
import { connect, constants } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { ByteBudget } from "@sluice/async";
import { milvus, okStatus, openGrpcServer, schema, served } from "@sluice/rpc";
import fc from "fast-check";
import { CountingReader, UNCOUNTED_BYTES } from "../src/counting-reader.ts";
import { MessageBytes } from "../src/message-bytes.ts";

const prefix = (length: number, isCompressed = false) => {
  const bytes = Buffer.alloc(5);
  bytes[0] = isCompressed ? 1 : 0;
  bytes.writeUInt32BE(length, 1);
  return bytes;
};

describe("the bytes of a call", () => {
  it("count twice as they come, whatever they claim", () => {
    const message = new MessageBytes(1000);
    expect(message.add(prefix(900))).toBe(10);
    expect(message.add(Buffer.alloc(100))).toBe(210);
  });

  it.each([1, 2, 3, 7])("count as inflated as soon as a length is known, in pieces of %i bytes", (size) => {
    const all = Buffer.concat([prefix(3), Buffer.alloc(3), prefix(0), prefix(10, true), Buffer.alloc(10)]);
    const message = new MessageBytes(5000);
    for (let at = 0; at < all.length; at += size) message.add(all.subarray(at, at + size));
    expect(message.bytes).toBe(2 * (all.length + 5000));
    expect(new MessageBytes(100_000).add(prefix(10, true))).toBe(2 * (5 + 10_320));
  });
});

describe("the bytes of a call, in one piece and in several", () => {
  it("count alike", () => {
    const message = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (messages, size) => {
        const pieces = messages.map(([length, isCompressed]) =>
          Buffer.concat([prefix(length, isCompressed), Buffer.alloc(length)]),
        );
        const [whole, cut] = [new MessageBytes(5000), new MessageBytes(5000)];
        for (const piece of pieces) whole.add(piece);
        const all = Buffer.concat(pieces);
        for (let at = 0; at < all.length; at += size) cut.add(all.subarray(at, at + size));
        expect(whole.bytes).toBe(cut.bytes);
      }),
    );
  });
});

describe("a counting reader", () => {
  const growthOf = (bytes: Uint8Array) => {
    let grown = 0;
    const reader = new CountingReader(bytes, (more) => void (grown += more));
    milvus.QueryRequest.decode(reader);
    return grown / bytes.length;
  };

  it("counts small messages and integers by what they become, text by its length", () => {
    const pairs = Buffer.alloc(4 << 20, Buffer.from([(9 << 3) | 2, 0]));
    expect(growthOf(pairs)).toBeGreaterThan(80);
    expect(
      growthOf(milvus.QueryRequest.encode(milvus.QueryRequest.fromPartial({ expr: "a".repeat(4 << 20) })).finish()),
    ).toBeCloseTo(1, 2);
  });

  it("never comes to a step of memory with what is too short to be counted", () => {
    const ofField = fc.integer({ min: 1, max: 20 }).map((field) => Buffer.from([(field << 3) & 0x7f, 0]));
    const ofBytes = fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => Buffer.from(bytes));
    const lengthy = fc.integer({ min: 1, max: 15 }).map((field) => Buffer.from([(field << 3) | 2, 0]));
    fc.assert(
      fc.property(fc.oneof(ofField, ofBytes, lengthy), (unit) => {
        const grow = () => expect("memory").toBe("not asked for");
        try {
          milvus.QueryRequest.decode(new CountingReader(Buffer.alloc(UNCOUNTED_BYTES, unit), grow));
        } catch (error) {
          if (String(error).includes("not asked for")) throw error;
        }
      }),
    );
  });

  it("reads what an ordinary one reads", () => {
    const longs = { data: { $case: "longData" as const, value: { data: [1n, -1n, 1n << 62n] } } };
    const request = milvus.QueryRequest.fromPartial({
      ...{ expr: "größer", outputFields: ["a", ""], useDefaultConsistency: true, partitionNames: ["p"] },
      exprTemplateValues: { x: { val: { $case: "arrayVal", value: longs } } },
    });
    const bytes = milvus.QueryRequest.encode(request).finish();
    expect(milvus.QueryRequest.decode(new CountingReader(bytes, () => {}))).toEqual(request);
    const field = schema.FieldSchema.fromPartial({
      name: "v",
      dataType: 101,
      typeParams: [{ key: "dim", value: "4" }],
    });
    expect(schema.FieldSchema.decode(new CountingReader(schema.FieldSchema.encode(field).finish(), () => {}))).toEqual(
      field,
    );
  });
});

describe("a server with a budget", () => {
  /** What it stays at for a while, once it is something. */
  async function settled(look: () => number): Promise<number> {
    let [last, since] = [look(), performance.now()];
    while (last === 0 || performance.now() - since < 200) {
      await sleep(10);
      if (look() !== last) [last, since] = [look(), performance.now()];
    }
    return last;
  }

  /** What a call gets that sends so much of its request and then waits, and what it holds meanwhile. */
  async function callOf(sentBytes: number, budget: ByteBudget) {
    const services = [
      served<milvus.MilvusServiceServer>(milvus.MilvusServiceService, {
        getVersion: () => ({ status: okStatus(), version: "1" }),
      }),
    ];
    await using server = openGrpcServer({ services, requestBudget: budget, stopMs: 10 });
    const address = await server.listen("127.0.0.1", 0);
    const session = connect(`http://${address}`);
    const call = session.request({
      ":method": "POST",
      ":path": milvus.MilvusServiceService.getVersion.path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    call.write(Buffer.concat([prefix(1 << 20), Buffer.alloc(sentBytes - 5)]));
    const headers = once(call, "response").then(([answer]) => answer as Record<string, string>);
    const first = await Promise.race([headers, settled(() => budget.heldBytes)]);
    if (!call.closed) await new Promise<void>((resolve) => call.close(constants.NGHTTP2_CANCEL, resolve));
    session.destroy();
    while (budget.heldBytes > 0) await sleep(10);
    return first;
  }

  it("holds what has come of a request, and gives it back when the call ends", async () => {
    const budget = new ByteBudget(1 << 20);
    const held = await callOf(200_000, budget);
    // Each piece is counted for itself as well; how many there are is the connection's affair.
    expect(held).toBeGreaterThanOrEqual(400_000 - (1 << 16));
    expect(held).toBeLessThan(400_000);
  });

  it("refuses what has no room in words", async () => {
    const budget = new ByteBudget(1 << 18);
    const refusal = await callOf(400_000, budget);
    expect(refusal).toMatchObject({ "grpc-status": "8" });
    expect(decodeURI((refusal as unknown as Record<string, string>)["grpc-message"])).toMatch(
      /take all of the 262144 bytes/,
    );
  });
});
