import { ImportError, locate, type SourceLocation } from "@sluice/errors";

/**
 * The bytes are not what the format allows, or end too early. Thrown by decoders, which do not know where in the file they
 * are; whoever knows turns it into an `ImportError` with `damageError`.
 */
export class Damage extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Damage";
  }
}

/** A damage that more bytes would cure, if there are any. */
export class CutShort extends Damage {
  constructor(what: string) {
    super(`${what} is cut short`);
    this.name = "CutShort";
  }
}

/** The bytes may be right, but this reader does not take them: `unsupported`. */
export class NotSupported extends Damage {
  constructor(message: string) {
    super(message);
    this.name = "NotSupported";
  }
}

/** More than a limit allows to hold in memory at a time; said before anything is allocated. */
export class TooLarge extends NotSupported {
  constructor(what: string, limit: number, unit = "bytes") {
    super(`${what} is too large: limit ${limit} ${unit}`);
    this.name = "TooLarge";
  }
}

/** What a decoder found, as an error with its place: `malformed_file` or `unsupported`. Other errors get the place alone. */
export function damageError(error: unknown, what: string, at: SourceLocation): unknown {
  if (error instanceof NotSupported) return new ImportError("unsupported", error.message, at, { cause: error });
  if (error instanceof Damage)
    return new ImportError("malformed_file", `${what} is damaged: ${error.message}`, at, { cause: error });
  return locate(error, at);
}
