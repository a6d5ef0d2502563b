import { expect, it } from "@jest/globals";
import { BYTES, FieldCursor } from "../src/index.ts";

it.each([
  [3, "is of a group, which is not read: encode the message by Milvus's schema.proto"],
  [4, "is of a group, which is not read"],
  [6, "malformed protobuf: wire type 6"],
  [BYTES, "the message is cut short"],
])("a field of wire type %i that cannot be passed over is refused, saying what to do", (wireType, words) => {
  expect(() => new FieldCursor(Uint8Array.of(9)).skip(wireType)).toThrow(words);
});
