/**
 * The bytes are not what the format allows, or end too early. Thrown by decoders, which do not know where in the file they
 * are; the chunk reader turns it into `malformed_file` with file, field and page offset.
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
