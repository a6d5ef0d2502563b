import { type ArrayFormat, arrayFormat } from "../array-format.ts";
import { binArrays } from "./bin-arrays.ts";

// Vectors of the billion-scale benchmarks (big-ann), behind a header of two numbers. A file is one array, called after the file.

/** Vectors of float32. */
export const fbinFormat = binFormat("fbin", "<f4");
/** Vectors of bytes. */
export const u8binFormat = binFormat("u8bin", "|u1");
/** Vectors of int8. */
export const i8binFormat = binFormat("i8bin", "|i1");
/** Vectors of int32, such as lists of neighbours. */
export const ibinFormat = binFormat("ibin", "<i4");

function binFormat(name: string, descr: string): ArrayFormat {
  const extension = `.${name}`;
  return arrayFormat({
    ...{ name, title: name, extensions: [extension] },
    grouping: "rows",
    mixesAs: "arrays",
    optionKeys: ["allow_truncated"],
    arraysOf: ([source], options) => binArrays(source, { name, extension, descr }, options),
  });
}
