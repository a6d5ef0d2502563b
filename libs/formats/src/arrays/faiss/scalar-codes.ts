import { ImportError } from "@sluice/errors";
import type { ArrayHeader } from "../array-column.ts";
import { malformed } from "../one-file.ts";
import type { RowSource } from "../row-source.ts";
import type { ScalarQuantizer } from "./stored-vectors.ts";

/** What vectors have become, by the type of the quantizer. Source: `ScalarQuantizer::QuantizerType`. */
export const codeNames: Readonly<Record<number, string | undefined>> = {
  0: "quantized to 8 bits a component",
  1: "quantized to 4 bits a component",
  2: "quantized to 8 bits a component",
  3: "quantized to 4 bits a component",
  4: "rounded to float16",
  5: "rounded to whole numbers from 0 to 255",
  6: "quantized to 6 bits a component",
  7: "rounded to bfloat16",
  8: "rounded to whole numbers from -128 to 127",
};

/** Codes that are numbers as they stand: NumPy's name of their type. */
const numberCodes: Readonly<Record<number, string | undefined>> = { 4: "<f2", 5: "|u1", 7: "<V2" };
const SIGNED_BYTES = 8;

/** Greatest code of a component, and bits of it, by the type of the quantizer. */
const levels: Readonly<Record<number, { readonly bits: 4 | 6 | 8; readonly isUniform: boolean } | undefined>> = {
  0: { bits: 8, isUniform: false },
  1: { bits: 4, isUniform: false },
  2: { bits: 8, isUniform: true },
  3: { bits: 4, isUniform: true },
  6: { bits: 6, isUniform: false },
};

/**
 * The array that codes of a scalar quantizer make.
 * @param base whose shape is `[rows, dimension]` @param rowsOf the codes, of so many bytes
 * @throws {ImportError} `unsupported` for a quantizer that is not known, `malformed_file` for one that contradicts itself
 */
export function scalarHeader(
  { type, codeBytes, trained }: ScalarQuantizer,
  base: Omit<ArrayHeader, "descr">,
  rowsOf: (codeBytes: number) => RowSource,
): ArrayHeader {
  const [, dim] = base.shape;
  const bits = type === SIGNED_BYTES ? 8 : numberCodes[type] ? (type === 5 ? 8 : 16) : levels[type]?.bits;
  if (bits === undefined)
    throw new ImportError(
      "unsupported",
      `the FAISS index cannot be imported: its quantizer of type ${type} is not known`,
    );
  if (codeBytes !== Math.ceil((dim * bits) / 8))
    throw malformed(`a code of ${dim} components has ${codeBytes} bytes`, 0);
  const codes = rowsOf(codeBytes);
  const descr = numberCodes[type];
  if (descr !== undefined) return { ...base, descr, rows: codes };
  if (type === SIGNED_BYTES) return { ...base, descr: "|i1", rows: signed(codes) };
  const { isUniform } = levels[type] ?? { isUniform: true };
  if (trained.length !== (isUniform ? 2 : 2 * dim))
    throw malformed(`its quantizer has learned ${trained.length} numbers`, 0);
  return {
    ...base,
    descr: "<f4",
    rows: decoded(codes, { dim, bits, isUniform, codeBytes, trained }),
    pitchBytes: 4 * dim,
  };
}

/** Codes count from -128. */
function signed(codes: RowSource): RowSource {
  return {
    ...codes,
    read: async (firstRow, rows, target, signal) => {
      await codes.read(firstRow, rows, target, signal);
      for (let i = 0; i < target.length; i++) target[i] ^= 0x80;
    },
  };
}

interface Decoding {
  readonly dim: number;
  readonly bits: number;
  readonly isUniform: boolean;
  readonly codeBytes: number;
  readonly trained: Float32Array;
}

/** least + span (code + 1/2) / (codes - 1), of each component or of all. */
function decoded(codes: RowSource, { dim, bits, isUniform, codeBytes, trained }: Decoding): RowSource {
  let raw = new Uint8Array(0);
  const scale = 2 ** bits - 1;
  return {
    ...codes,
    read: async (firstRow, rows, target, signal) => {
      if (raw.length < rows * codeBytes) raw = new Uint8Array(rows * codeBytes);
      await codes.read(firstRow, rows, raw.subarray(0, rows * codeBytes), signal);
      const values = new Float32Array(target.buffer, target.byteOffset, rows * dim);
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < dim; k++) {
          const [least, span] = isUniform ? [0, 1] : [k, dim + k];
          const code = codeAt(raw, row * codeBytes, k, bits);
          values[row * dim + k] = trained[least] + (trained[span] * (code + 0.5)) / scale;
        }
      }
    },
  };
}

/** Codes are packed from the low bits on. */
function codeAt(bytes: Uint8Array, start: number, k: number, bits: number): number {
  if (bits === 8) return bytes[start + k];
  if (bits === 4) return (bytes[start + (k >>> 1)] >>> (4 * (k & 1))) & 15;
  const bit = 6 * k;
  const at = start + (bit >>> 3);
  return ((bytes[at] | ((bytes[at + 1] ?? 0) << 8)) >>> (bit & 7)) & 63;
}
