import { ImportError } from "@sluice/errors";

/** A file that contradicts itself, or claims more than it has. @param what ends the sentence `the Arrow data are damaged: …` */
export function damaged(what: string): ImportError {
  return new ImportError("malformed_file", `the Arrow data are damaged: ${what}`);
}
