import { ByteBuffer } from "flatbuffers";
import { damaged } from "./damage.ts";

/**
 * Metadata as a file has them, which may say anything: flatbuffers' own buffer reads zeros behind its end and follows any
 * count, for minutes. Here every read is inside, and `count` has been compared with the bytes that so many would take.
 */
export class MetadataBytes extends ByteBuffer {
  override readUint8(offset: number): number {
    this.#check(offset, 1);
    return super.readUint8(offset);
  }

  override readUint16(offset: number): number {
    this.#check(offset, 2);
    return super.readUint16(offset);
  }

  override readInt32(offset: number): number {
    this.#check(offset, 4);
    return super.readInt32(offset);
  }

  /** A count of entries of so many bytes each, at least. @throws {ImportError} */
  count(claimed: number, entryBytes: number): number {
    if (claimed >= 0 && claimed * entryBytes <= this.capacity()) return claimed;
    throw damaged(`${claimed} entries in ${this.capacity()} bytes of metadata`);
  }

  #check(offset: number, bytes: number): void {
    if (!(offset >= 0 && offset + bytes <= this.capacity())) throw damaged(`metadata end before byte ${offset}`);
  }
}

/** A size or count of 64 bits, of which no file has more than a double tells exactly. @throws {ImportError} */
export function sizeOf(value: bigint, what: string): number {
  if (value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw damaged(`${what} is ${value}`);
}
