import { byteAt, uint16At, uint32At } from "./hdf5-file.ts";

/** What the elements of a data set are. */
export type Hdf5Type =
  /** In NumPy's words. */
  | { readonly kind: "plain"; readonly descr: string; readonly itemBytes: number; readonly padding?: Padding }
  /** Texts of any length, in heaps all over the file. */
  | { readonly kind: "texts"; readonly itemBytes: number }
  | { readonly kind: "other"; readonly name: string; readonly itemBytes: number };

/** What ends a text of one length, where it is not zeros up to there: the first zero, behind which anything may stand; or blanks. */
export type Padding = "terminated" | "blanks";

const paddings: Readonly<Record<number, Padding | undefined>> = { 0: "terminated", 2: "blanks" };

const classNames = [
  ...["integers", "floats", "times", "texts", "bits", "opaque bytes", "compounds", "references", "an enumeration"],
  ...["lists of any length", "arrays", "complex numbers"],
];

/** Where sign, exponent and mantissa of a float lie, by NumPy's name: exponent at, bits; mantissa bits; bias. */
const floats: Readonly<Record<string, readonly [number, number, number, number] | undefined>> = {
  f2: [10, 5, 10, 15],
  V2: [7, 8, 7, 127],
  f4: [23, 8, 23, 127],
  f8: [52, 11, 52, 1023],
};

/** Reads a datatype message. Source: HDF5 File Format Specification, IV.A.2.d. */
export function parseDatatype(data: DataView): Hdf5Type {
  const typeClass = byteAt(data, 0) & 15;
  const flags = byteAt(data, 1);
  const itemBytes = uint32At(data, 4);
  const order = flags & 1 ? ">" : "<";
  const plain = (descr: string): Hdf5Type => ({ kind: "plain", descr, itemBytes });
  const other: Hdf5Type = { kind: "other", name: classNames[typeClass] ?? `class ${typeClass}`, itemBytes };
  switch (typeClass) {
    case 0: {
      const isWhole =
        uint16At(data, 8) === 0 && uint16At(data, 10) === 8 * itemBytes && [1, 2, 4, 8].includes(itemBytes);
      return isWhole ? plain(`${itemBytes === 1 ? "|" : order}${flags & 8 ? "i" : "u"}${itemBytes}`) : other;
    }
    case 1:
      return floatOf(data, flags, itemBytes) ?? other;
    case 3:
      return { kind: "plain", descr: `|S${itemBytes}`, itemBytes, padding: paddings[flags & 15] };
    case 5:
      // NumPy has no name for bfloat16: h5py writes two opaque bytes.
      return itemBytes === 2 ? plain("<V2") : other;
    case 8:
      return isBool(data, itemBytes) ? plain("|b1") : other;
    case 9:
      return (flags & 15) === 1 ? { kind: "texts", itemBytes } : other;
    default:
      return other;
  }
}

function floatOf(data: DataView, flags: number, itemBytes: number): Hdf5Type | undefined {
  const isVax = (flags & 0x40) !== 0;
  const order = flags & 1 ? ">" : "<";
  const [precision, exponentAt, exponentBits] = [uint16At(data, 10), byteAt(data, 12), byteAt(data, 13)];
  const [mantissaAt, mantissaBits, bias] = [byteAt(data, 14), byteAt(data, 15), uint32At(data, 16)];
  const fits = ([at, bits, mantissa, wanted]: readonly number[]) =>
    at === exponentAt && bits === exponentBits && mantissa === mantissaBits && wanted === bias;
  const name = Object.keys(floats).find((code) => Number(code[1]) === itemBytes && fits(floats[code] ?? []));
  if (name === undefined || isVax || mantissaAt !== 0 || precision !== 8 * itemBytes) return undefined;
  return { kind: "plain", descr: `${order}${name}`, itemBytes };
}

/** h5py's booleans: an enumeration of one byte with the names FALSE and TRUE. */
function isBool(data: DataView, itemBytes: number): boolean {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1");
  return itemBytes === 1 && uint16At(data, 1) === 2 && text.includes("FALSE\0") && text.includes("TRUE\0");
}
