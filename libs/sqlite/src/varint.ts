/** A variable-length integer of SQLite: up to nine bytes, high bits first. Used again, so that none is made for a value. */
export class Varint {
  /** Of what was read, exact up to 2^53; beyond it nobody's size or type is. */
  value = 0;
  /** Behind it. */
  end = 0;

  /** @returns false where it does not end before `limit` */
  read(bytes: Uint8Array, start: number, limit: number): boolean {
    let value = 0;
    for (let i = start; i < limit && i < start + 9; i++) {
      const byte = bytes[i];
      const isLast = i === start + 8;
      value = isLast ? value * 256 + byte : value * 128 + (byte & 0x7f);
      if (!isLast && byte >= 0x80) continue;
      [this.value, this.end] = [value, i + 1];
      return true;
    }
    return false;
  }
}

/** The same number with its 64 bits, signed: row ids may be any. */
export function signedVarint(bytes: Uint8Array, start: number, end: number): bigint {
  let value = 0n;
  for (let i = start; i < end; i++)
    value = i === start + 8 ? (value << 8n) | BigInt(bytes[i]) : (value << 7n) | BigInt(bytes[i] & 0x7f);
  return BigInt.asIntN(64, value);
}
