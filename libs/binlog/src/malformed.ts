import { ImportError } from "@sluice/errors";

/** The bytes are not what they claim to be. The caller knows the object's name and adds it with `locate`. */
export function malformed(reason: string, byteOffset?: number): ImportError {
  return new ImportError("malformed_file", reason, byteOffset === undefined ? undefined : { byteOffset });
}

/** The bytes may be right, but this reader cannot take them. */
export function unsupported(reason: string): ImportError {
  return new ImportError("unsupported", reason);
}
