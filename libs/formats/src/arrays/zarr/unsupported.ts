import { excerpt, ImportError } from "@sluice/errors";

/** @param why what of the array is not read, as the end of a sentence */
export function unsupported(array: string, why: string): ImportError {
  return new ImportError("unsupported", `array '${excerpt(array)}' ${why}`);
}

/** @param why what is wrong with the array, as the end of a sentence */
export function malformed(array: string, why: string): ImportError {
  return new ImportError("malformed_file", `array '${excerpt(array)}' ${why}`);
}
