import type { FixedBuilder } from "@sluice/columns";
import { DataType, dataTypeName } from "@sluice/schema";
import { float32ToBfloat16Bits, float32ToFloat16Bits } from "@sluice/values";
import type { TupleScanner } from "./tuple-scanner.ts";
import { converted, refuse, type TupleValue } from "./tuple-value.ts";
import { readBits, readFloats } from "./vector-values.ts";

function wrongDim(scanner: TupleScanner, { field }: FixedBuilder, found: number): never {
  const { dim, name, dataType } = field;
  return scanner.invalid(
    `expected dim '${dim}' for field '${name}' with type '${dataTypeName(dataType)}', got dim '${found}'`,
  );
}

/** vector, halfvec and arrays of numbers, into a dense vector of any width. */
export function vectorValue(scanner: TupleScanner, builder: FixedBuilder): TupleValue {
  const { field } = builder;
  const floats = new Float32Array(field.dim);
  const write = elementWriter(builder);
  return (p, length, row) => {
    const bytes = scanner.bytes.subarray(p, p + length);
    const found = converted(scanner, builder, length, () => readFloats(bytes, floats));
    if (found !== field.dim) wrongDim(scanner, builder, found);
    for (let i = 0; i < field.dim; i++)
      if (!write(row * field.dim + i, floats[i])) refuse(scanner, builder, length, `element ${i} is out of range`);
  };
}

/** Writes one element; whether it fits. */
function elementWriter({ buffer, field }: FixedBuilder): (index: number, value: number) => boolean {
  const { float32, uint16, int8 } = buffer;
  switch (field.dataType) {
    case DataType.FloatVector:
      return (index, value) => {
        float32[index] = value;
        return Number.isFinite(value);
      };
    case DataType.Float16Vector:
      return (index, value) => {
        uint16[index] = float32ToFloat16Bits(value);
        return (uint16[index] & 0x7fff) < 0x7c00;
      };
    case DataType.BFloat16Vector:
      return (index, value) => {
        uint16[index] = float32ToBfloat16Bits(value);
        return (uint16[index] & 0x7fff) < 0x7f80;
      };
    default:
      return (index, value) => {
        int8[index] = value;
        return int8[index] === value;
      };
  }
}

/** bit strings, into a binary vector. */
export function bitsValue(scanner: TupleScanner, builder: FixedBuilder): TupleValue {
  return (p, length, row) => {
    const { dim, bits } = converted(scanner, builder, length, () => readBits(scanner.bytes.subarray(p, p + length)));
    if (dim !== builder.field.dim) wrongDim(scanner, builder, dim);
    builder.buffer.bytes.set(bits, row * builder.width);
  };
}
