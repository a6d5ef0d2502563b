import { describe, expect, it } from "@jest/globals";
import { common, milvus, schema } from "@sluice/rpc";

// Bytes made with the public protos by another implementation. Source: client contract §5.6.

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}
interface Golden {
  readonly hex: string;
  readonly encoded: () => Uint8Array;
  readonly again: (bytes: Uint8Array) => Uint8Array;
  readonly decoded: (bytes: Uint8Array) => unknown;
  readonly message: unknown;
}

function golden<T>(hex: string, codec: Codec<T>, message: T): Golden {
  return {
    hex,
    message,
    encoded: () => codec.encode(message).finish(),
    decoded: (bytes) => codec.decode(bytes),
    again: (bytes) => codec.encode(codec.decode(bytes)).finish(),
  };
}

const { DataType, FieldData } = schema;

function longs(data: bigint[]): schema.FieldData["field"] {
  return { $case: "scalars", value: { data: { $case: "longData", value: { data } } } };
}

const goldens: Record<string, Golden> = {
  "query vectors [[1,2],[3,4]]": golden(
    "0a1a0a02243010651a080000803f000000401a080000404000008040",
    common.PlaceholderGroup,
    common.PlaceholderGroup.fromPartial({
      placeholders: [
        {
          tag: "$0",
          type: common.PlaceholderType.FloatVector,
          values: [
            [1, 2],
            [3, 4],
          ].map((vector) => Buffer.from(Float32Array.from(vector).buffer)),
        },
      ],
    }),
  ),
  "Int64 [1,null,3] as a request has it": golden(
    "08051201611a061a040a0201033a03010001",
    FieldData,
    FieldData.fromPartial({
      type: DataType.Int64,
      fieldName: "a",
      field: longs([1n, 3n]),
      validData: [true, false, true],
    }),
  ),
  "Int64 [1,null,3] as an answer has it": golden(
    "08051201611a071a050a030100033a03010001",
    FieldData,
    FieldData.fromPartial({
      type: DataType.Int64,
      fieldName: "a",
      field: longs([1n, 0n, 3n]),
      validData: [true, false, true],
    }),
  ),
  "count(*) = 3": golden(
    "08051208636f756e74282a291a051a030a0103",
    FieldData,
    FieldData.fromPartial({ type: DataType.Int64, fieldName: "count(*)", field: longs([3n]) }),
  ),
  "sparse [{1:0.5, 7:2.0}]": golden(
    "0868120273702218080832140a10010000000000003f07000000000000401008",
    FieldData,
    FieldData.fromPartial({
      type: DataType.SparseFloatVector,
      fieldName: "sp",
      field: {
        $case: "vectors",
        value: {
          dim: 8n,
          data: {
            $case: "sparseFloatVector",
            value: { dim: 8n, contents: [Buffer.from("010000000000003f0700000000000040", "hex")] },
          },
        },
      },
    }),
  ),
  "no rows of Int64": golden(
    "0805120269641a021a00",
    FieldData,
    FieldData.fromPartial({ type: DataType.Int64, fieldName: "id", field: longs([]) }),
  ),
  "no rows of FloatVector, dim 4": golden(
    "0865120176220408041200",
    FieldData,
    FieldData.fromPartial({
      type: DataType.FloatVector,
      fieldName: "v",
      field: { $case: "vectors", value: { dim: 4n, data: { $case: "floatVector", value: { data: [] } } } },
    }),
  ),
  "a collection": golden(
    "0a016322081202696418012805220f120176286532080a0364696d120132",
    schema.CollectionSchema,
    schema.CollectionSchema.fromPartial({
      name: "c",
      fields: [
        { name: "id", isPrimaryKey: true, dataType: DataType.Int64 },
        { name: "v", dataType: DataType.FloatVector, typeParams: [{ key: "dim", value: "2" }] },
      ],
    }),
  ),
  "an import": golden(
    "0a01632a08612f312e6a736f6e320b0a066275636b6574120162",
    milvus.ImportRequest,
    milvus.ImportRequest.fromPartial({
      collectionName: "c",
      files: ["a/1.json"],
      options: [{ key: "bucket", value: "b" }],
    }),
  ),
  "a completed import": golden(
    "0a001006180222020a0c2a170a1070726f67726573735f70657263656e7412033130303007",
    milvus.GetImportStateResponse,
    milvus.GetImportStateResponse.fromPartial({
      status: {},
      state: common.ImportState.ImportCompleted,
      rowCount: 2n,
      idList: [10n, 12n],
      infos: [{ key: "progress_percent", value: "100" }],
      id: 7n,
    }),
  ),
};

describe.each(Object.entries(goldens))("%s", (_name, { hex, encoded, decoded, again, message }) => {
  const bytes = Buffer.from(hex, "hex");
  it("is written as these bytes", () => expect(Buffer.from(encoded()).toString("hex")).toBe(hex));
  it("is read from them", () => expect(plain(decoded(bytes))).toEqual(plain(message)));
  it("survives", () => expect(Buffer.from(again(bytes)).toString("hex")).toBe(hex));
});

it("an idempotency key is field 9", () => {
  const bytes = milvus.ImportRequest.encode(milvus.ImportRequest.fromPartial({ idempotencyKey: "k" })).finish();
  expect(Buffer.from(bytes).toString("hex")).toBe("4a016b");
});

it("int64 beyond 2^53 stays exact", () => {
  const task = 9_007_199_254_740_993n;
  const bytes = milvus.GetImportStateRequest.encode({ task }).finish();
  expect(milvus.GetImportStateRequest.decode(bytes).task).toBe(task);
});

/** Typed arrays and Buffers as plain lists: which of them holds the numbers is no part of the message. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}
