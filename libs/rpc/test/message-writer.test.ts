import { expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { bytesOf, takeWriter } from "../src/message-writer.ts";

const { requestSerialize, requestDeserialize } = milvus.MilvusServiceService.hasPartition;
const request = (collectionName: string) => milvus.HasPartitionRequest.fromPartial({ collectionName });
const nameIn = (bytes: Buffer) => requestDeserialize(bytes).collectionName;

it("messages of any size keep their bytes whatever is written after them", () => {
  const names = [0, 1, 127, 128, 4000, 4096, 5000, 1 << 17, 3].map((length) => "n".repeat(length));
  const all = names.map((name) => requestSerialize(request(name)));
  expect(all.map(nameIn)).toEqual(names);
});

it("a large message is alone in its memory, which may be given back", () => {
  const bytes = requestSerialize(request("n".repeat(1 << 17)));
  expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, bytes.length]);
});

it("a message that cannot be written, and one that is written within another, spoil no other one", () => {
  const before = requestSerialize(request("before"));
  expect(() => requestSerialize({ ...request("broken"), base: { msgID: "none" } as never })).toThrow();
  const outer = takeWriter().uint32(1);
  const inner = requestSerialize(request("inner"));
  expect([nameIn(before), nameIn(inner), [...bytesOf(outer)]]).toEqual(["before", "inner", [1]]);
  expect(nameIn(requestSerialize(request("after")))).toBe("after");
});
