import { ImportError } from "@sluice/errors";
import type { RowSource } from "../row-source.ts";
import { unsupported } from "./hdf5-file.ts";

/** A list of integers in a file. */
export interface Integers {
  readonly path: string;
  /** NumPy's name of their type. */
  readonly descr: string;
  readonly count: number;
  /** One a row. */
  readonly rows: RowSource;
}

const STEP = 1 << 16;

/** Integers from `begin` on, some at a time. @throws {ImportError} `unsupported` for what are none */
export async function* stepsOf({ path, descr, rows }: Integers, begin: number, end: number, signal: AbortSignal) {
  const bytes = integerBytes(descr);
  if (bytes === undefined) throw unsupported(`data set '${path}' holds '${descr}', where sets have integers`);
  for (let first = begin; first < end; first += STEP) {
    const count = Math.min(STEP, end - first);
    const view = new DataView(new ArrayBuffer(count * bytes));
    await rows.read(first, count, new Uint8Array(view.buffer), signal);
    const take = takeOf(view, descr);
    yield { first, numbers: Float64Array.from({ length: count }, (_, i) => take(i * bytes)) };
  }
}

/** Bytes of an integer; undefined for other types. */
export function integerBytes(descr: string): number | undefined {
  const [, width] = /^[<>|][iu]([1248])$/.exec(descr) ?? [];
  return width === undefined ? undefined : Number(width);
}

/**
 * Integers that are bits, as old files of ann-benchmarks have them, as truth values.
 * @param rows of `rowItems` integers each
 */
export function bitRows(rows: RowSource, descr: string, rowItems: number): RowSource {
  const rowBytes = rowItems * (integerBytes(descr) ?? 0);
  const stepRows = Math.max(1, Math.floor(STEP / rowItems));
  return {
    read: async (firstRow, count, target, signal) => {
      for (let done = 0; done < count; done += stepRows) {
        const step = Math.min(stepRows, count - done);
        const view = new DataView(new ArrayBuffer(step * rowBytes));
        await rows.read(firstRow + done, step, new Uint8Array(view.buffer), signal);
        const take = takeOf(view, descr);
        for (let i = 0; i < step * rowItems; i++) {
          const bit = take((i * rowBytes) / rowItems);
          if (bit !== 0 && bit !== 1) throw noBit(bit, firstRow + done + Math.floor(i / rowItems));
          target[done * rowItems + i] = bit;
        }
      }
    },
  };
}

function noBit(found: number, row: number): ImportError {
  return new ImportError("value_invalid", `a bit of a vector is ${found}, expected 0 or 1`, { row });
}

function takeOf(view: DataView, descr: string): (at: number) => number {
  const [isLittle, isSigned] = [!descr.startsWith(">"), descr[1] === "i"];
  switch (integerBytes(descr)) {
    case 1:
      return (at) => (isSigned ? view.getInt8(at) : view.getUint8(at));
    case 2:
      return (at) => (isSigned ? view.getInt16(at, isLittle) : view.getUint16(at, isLittle));
    case 4:
      return (at) => (isSigned ? view.getInt32(at, isLittle) : view.getUint32(at, isLittle));
    default:
      return (at) => Number(isSigned ? view.getBigInt64(at, isLittle) : view.getBigUint64(at, isLittle));
  }
}
