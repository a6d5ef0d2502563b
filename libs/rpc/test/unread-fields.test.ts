import { describe, expect, it } from "@jest/globals";
import { fieldBytesOf, milvus, releaseFields, schema, unreadFieldsService } from "@sluice/rpc";

/** A request with one field of so many bytes, read from memory that begins with `before` bytes of others. */
function requestOf(bytes: number, before = 0) {
  const field = schema.FieldData.fromPartial({ fieldName: "v", field: { $case: "vectors", value: binary(bytes) } });
  const message = milvus.InsertRequest.encode(milvus.InsertRequest.fromPartial({ fieldsData: [field] })).finish();
  const memory = Buffer.from(new ArrayBuffer(before + message.length));
  memory.set(message, before);
  return unreadFieldsService.insert.requestDeserialize(memory.subarray(before));
}

function binary(bytes: number) {
  return { dim: BigInt(8 * bytes), data: { $case: "binaryVector", value: Buffer.alloc(bytes, 7) } } as const;
}

describe("the bytes of an insert", () => {
  it("are given back when they are many, once, with whatever stands before them", () => {
    for (const request of [requestOf(200_000), requestOf(200_000, 5)]) {
      expect(fieldBytesOf(request)[0].length).toBeGreaterThan(200_000);
      releaseFields(request);
      releaseFields(request);
      expect(fieldBytesOf(request)[0].length).toBe(0);
    }
  });

  it("stay where they are few: they may lie in the memory of others", () => {
    const request = requestOf(50_000);
    releaseFields(request);
    expect(fieldBytesOf(request)[0].length).toBeGreaterThan(50_000);
    const empty = unreadFieldsService.insert.requestDeserialize(Buffer.alloc(0));
    expect(() => releaseFields(empty)).not.toThrow();
  });
});
