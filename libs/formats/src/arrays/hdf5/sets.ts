import { ImportError } from "@sluice/errors";
import { DataType, dataTypeName, type FieldSchema } from "@sluice/schema";
import type { ArrayHeader } from "../array-column.ts";
import { malformed } from "../one-file.ts";
import type { RowSource } from "../row-source.ts";
import { unsupported } from "./hdf5-file.ts";
import { type Integers, stepsOf } from "./integers.ts";

// Vectors of ann-benchmarks that are sets (kosarak, movielens): `train` holds the numbers of the bits that are 1, set after set, and
// `size_train` how many of them each has. Source: legacy formats, §4.1.

/** Sizes of sets that are held in memory: of 32 million. */
const MAX_SETS = 1 << 25;

/** Sets as vectors of bits. */
export class BitSets {
  readonly #values: Integers;
  readonly #sizes: Integers;
  #starts: Promise<Float64Array> | undefined;

  constructor(values: Integers, sizes: Integers) {
    this.#values = values;
    this.#sizes = sizes;
  }

  /**
   * @param field undefined: as many bits as the greatest number asks for
   * @throws {ImportError} `schema_mismatch` for a field of another type; `malformed_file`, `unsupported`
   */
  async header(signal: AbortSignal, field?: FieldSchema): Promise<ArrayHeader> {
    if (field && field.dataType !== DataType.BinaryVector) throw noBits(this.#values.path, field);
    this.#starts ??= startsOf(this.#sizes, this.#values.count, signal);
    const starts = await this.#starts;
    const dim = field?.dim ?? 8 * Math.ceil((1 + (await greatestOf(this.#values, signal))) / 8);
    const rows = { read: this.#reader(starts, dim) };
    return { descr: "|u1", fortranOrder: false, shape: [this.#sizes.count, dim / 8], dataOffset: 0, rows };
  }

  #reader(starts: Float64Array, dim: number): RowSource["read"] {
    return async (firstRow, rows, target, signal) => {
      const rowBytes = dim / 8;
      target.fill(0, 0, rows * rowBytes);
      let row = firstRow;
      for await (const { first, numbers } of stepsOf(this.#values, starts[firstRow], starts[firstRow + rows], signal))
        for (const [i, bit] of numbers.entries()) {
          while (starts[row + 1] <= first + i) row++;
          if (!(bit >= 0 && bit < dim)) throw beyond(bit, dim, row);
          // The most significant bit first, as numpy.packbits.
          target[(row - firstRow) * rowBytes + (bit >> 3)] |= 0x80 >> (bit & 7);
        }
    };
  }
}

/** Where each set begins among the values; one more at the end. */
async function startsOf(sizes: Integers, valueCount: number, signal: AbortSignal): Promise<Float64Array> {
  if (sizes.count > MAX_SETS) throw unsupported(`it holds ${sizes.count} sets, more than ${MAX_SETS}`);
  const starts = new Float64Array(sizes.count + 1);
  for await (const { first, numbers } of stepsOf(sizes, 0, sizes.count, signal))
    for (const [i, size] of numbers.entries()) {
      if (!(size >= 0)) throw malformed(`data set '${sizes.path}' has a size of ${size}`, 0);
      starts[first + i + 1] = starts[first + i] + size;
    }
  if (starts[sizes.count] === valueCount) return starts;
  throw malformed(`its sets have ${starts[sizes.count]} numbers together, and there are ${valueCount}`, 0);
}

async function greatestOf(values: Integers, signal: AbortSignal): Promise<number> {
  let greatest = 0;
  for await (const { numbers } of stepsOf(values, 0, values.count, signal))
    for (const number of numbers) greatest = Math.max(greatest, number);
  return greatest;
}

function beyond(bit: number, dim: number, row: number): ImportError {
  const reason = `a set has the number ${bit}, and vectors of ${dim} bits have those from 0 to ${dim - 1}`;
  return new ImportError("value_invalid", reason, { row });
}

function noBits(path: string, { name, dataType }: FieldSchema): ImportError {
  const reason = `data set '${path}' holds sets, as vectors of bits: a BinaryVector field takes them, and '${name}' is of type ${dataTypeName(dataType)}`;
  return new ImportError("schema_mismatch", reason, { field: name });
}
