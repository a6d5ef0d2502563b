import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { expect, it } from "@jest/globals";
import { dataCoord, milvus } from "@sluice/rpc";
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

it.each([0, 127, 128, (1 << 14) - 1, 1 << 14, 1 << 21])(
  "values of %i bytes stand where the plain writer has them, whatever is before, behind and around them",
  (length) => {
    const data = Buffer.from(Uint8Array.from({ length }, (_, i) => i % 251));
    const [none, few] = [Buffer.alloc(0), Buffer.from("few")];
    const columns = [
      { data, offsets: none, validity: none },
      { data: few, offsets: data, validity: data },
      { data: none, offsets: none, validity: none },
      { data, offsets: few, validity: few },
    ];
    const about = { callId: 7n, collectionId: 8n, vchannels: ["v0", "v1"], partitionIds: [1n, 2n] };
    const rows = { rowCount: 3n, columns };
    const request = dataCoord.WriteRowsRequest.fromPartial({ ...about, schema: data, rows, existed: [true, false] });
    const { requestSerialize: serialize, requestDeserialize: read } = dataCoord.DataCoordService.writeRows;
    const bytes = serialize(request);
    const plain = (message: dataCoord.WriteRowsRequest) => dataCoord.WriteRowsRequest.encode(message).finish();
    expect(Buffer.compare(bytes, plain(request))).toBe(0);
    expect(Buffer.compare(bytes, plain(read(bytes)))).toBe(0);
    expect(length < 1 << 14 || bytes.byteOffset === 0).toBe(true);
    expect(nameIn(requestSerialize(milvus.HasPartitionRequest.fromPartial({ collectionName: "next" })))).toBe("next");
  },
);

it("a writer whose message ends by itself has its long values too", () => {
  const long = new Uint8Array(1 << 15).fill(5);
  const bytes = takeWriter().uint32(10).fork().uint32(18).bytes(long).join().uint32(24).finish();
  const plain = new BinaryWriter().uint32(10).fork().uint32(18).bytes(long).join().uint32(24).finish();
  expect(Buffer.compare(bytes, plain)).toBe(0);
});
