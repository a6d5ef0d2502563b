import type { StoredNumbers } from "@sluice/kernels/vectors";
import { DataType } from "@sluice/schema";

/** Vectors of numbers, as a column has them. */
export interface StoredVectors {
  readonly dataType: DataType;
  readonly dim: number;
}

const kinds: Readonly<Partial<Record<DataType, StoredNumbers>>> = {
  [DataType.FloatVector]: "float32",
  [DataType.Float16Vector]: "float16",
  [DataType.BFloat16Vector]: "bfloat16",
  [DataType.Int8Vector]: "int8",
};

/** How a type stores its numbers. */
export function storedAs(dataType: DataType): StoredNumbers {
  return kinds[dataType] ?? "float32";
}
