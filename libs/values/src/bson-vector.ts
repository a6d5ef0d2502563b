// Vectors of MongoDB as its extended JSON has them: `{"$binary":{"base64":"JwAAAAA/","subType":"09"}}`, in its first version
// `{"$binary":"JwAAAAA/","$type":"09"}`. The first byte is the type of the elements, the second how many bits of the last byte are
// none; behind them stand the elements, little-endian, bits from the highest on. Source: BSON, binary subtype 9.

const SUBTYPE = /^0?9$/;
const HEADER_BYTES = 2;

/** What such a vector has: numbers, of `packed_bit` bytes with eight bits each. */
export interface BsonVector {
  readonly elements: "float32" | "int8" | "packed_bit";
  readonly values: number[];
}

/** Undefined for another object, other bytes of MongoDB among them. @throws {RangeError} for a vector that is none */
export function bsonVector(object: Readonly<Record<string, unknown>>): BsonVector | undefined {
  const text = vectorText(object);
  if (text === undefined) return undefined;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new RangeError("its $binary is no base64");
  const bytes = Buffer.from(text, "base64");
  if (bytes.length < HEADER_BYTES) throw new RangeError(`its $binary has ${bytes.length} bytes, expected 2 or more`);
  const [type, unused] = bytes;
  if (unused !== 0) throw new RangeError(`${unused} bits of its last byte are unused, expected whole bytes`);
  return elementsOf(type, bytes.subarray(HEADER_BYTES));
}

function vectorText({ $binary: binary, $type: type }: Readonly<Record<string, unknown>>): string | undefined {
  const { base64, subType } = typeof binary === "string" ? { base64: binary, subType: type } : membersOf(binary);
  return typeof base64 === "string" && SUBTYPE.test(String(subType)) ? base64 : undefined;
}

function membersOf(binary: unknown): { base64?: unknown; subType?: unknown } {
  return typeof binary === "object" && binary !== null ? binary : {};
}

function elementsOf(type: number, bytes: Buffer): BsonVector {
  switch (type) {
    case 0x27: {
      if (bytes.length % 4 !== 0) throw new RangeError(`its float32 values have ${bytes.length} bytes, not four each`);
      const values = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
      return { elements: "float32", values };
    }
    case 0x03:
      return { elements: "int8", values: Array.from(bytes, (byte) => (byte << 24) >> 24) };
    case 0x10:
      return { elements: "packed_bit", values: Array.from(bytes) };
  }
  throw new RangeError(`its elements are of the type ${type}, expected 39 (float32), 3 (int8) or 16 (packed_bit)`);
}
