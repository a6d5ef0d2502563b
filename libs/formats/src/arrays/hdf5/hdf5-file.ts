import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { withContent } from "../../foreign-content.ts";
import { malformed, readPart } from "../one-file.ts";

/** An address that nothing was given yet. */
export const UNDEFINED_ADDRESS = Number.POSITIVE_INFINITY;
/** Greatest block of a file's own structure. */
const MAX_BLOCK_BYTES = 16 << 20;
const SIGNATURE = "\x89HDF\r\n\x1a\n";
/** The first superblock may stand behind something of the user's own, at powers of two from here on. */
const FIRST_OFFSET = 512;
const LAST_OFFSET = 1 << 20;

/** A file whose superblock was read; addresses in it count from `base`. Source: HDF5 File Format Specification 3.0. */
export class Hdf5File {
  readonly source: SourceFile;
  readonly base: number;
  /** Address of the object header of the root group. */
  readonly root: number;
  readonly #signal: AbortSignal | undefined;

  constructor(source: SourceFile, base: number, root: number, signal: AbortSignal | undefined) {
    this.source = source;
    this.base = base;
    this.root = root;
    this.#signal = signal;
  }

  /** A part of the file's own structure. @throws {ImportError} `malformed_file` where it lies not in the file */
  read(address: number, bytes: number, what: string): Promise<DataView> {
    const position = this.base + address;
    if (bytes > MAX_BLOCK_BYTES)
      throw malformed(`${what} takes ${bytes} bytes, more than ${MAX_BLOCK_BYTES}`, position);
    if (!(position + bytes <= this.source.sizeBytes)) {
      const at = Math.min(position, this.source.sizeBytes);
      throw malformed(`${what} would end at byte ${position + bytes}, behind its end`, at);
    }
    return readPart(this.source, position, bytes, what, this.#signal);
  }

  /** As `read`, of a structure that begins with four letters. */
  async readSigned(address: number, bytes: number, signature: string, what: string): Promise<DataView> {
    const view = await this.read(address, bytes, what);
    if (textOf(view, 0, 4) !== signature)
      throw malformed(`${what} does not begin with ${signature}`, this.base + address);
    return view;
  }
}

/** @throws {ImportError} `malformed_file` for one that is cut short or no HDF5 file, `unsupported` */
export async function openHdf5(source: SourceFile, signal?: AbortSignal): Promise<Hdf5File> {
  const at = await findSignature(source, signal);
  const view = await readPart(source, at, Math.min(96, source.sizeBytes - at), "its superblock", signal);
  const version = byteAt(view, 8);
  if (version > 3) throw unsupported(`its superblock has the version ${version}`);
  const isOld = version < 2;
  const [offsetBytes, lengthBytes] = isOld ? [byteAt(view, 13), byteAt(view, 14)] : [byteAt(view, 9), byteAt(view, 10)];
  if (offsetBytes !== 8 || lengthBytes !== 8)
    throw unsupported(`its addresses have ${offsetBytes} and ${lengthBytes} bytes, not 8`);
  if (!isOld && byteAt(view, 11) & 1)
    throw malformed("it is still open for writing: close it, or clear its flag by h5clear -s", at + 11);
  const addressesAt = isOld ? (version === 0 ? 24 : 28) : 12;
  const base = addressAt(view, addressesAt);
  const end = addressAt(view, addressesAt + 16);
  // The root is an entry of a symbol table, whose second number is its header, or the header itself.
  const root = addressAt(view, addressesAt + (isOld ? 40 : 24));
  if (!(at + end - base <= source.sizeBytes) && !(end <= source.sizeBytes)) {
    const reason = `the file is cut short: it should have ${end} bytes, and has ${source.sizeBytes}`;
    throw new ImportError("malformed_file", reason, { byteOffset: source.sizeBytes });
  }
  return new Hdf5File(source, base === 0 ? at : base, root, signal);
}

async function findSignature(source: SourceFile, signal?: AbortSignal): Promise<number> {
  for (
    let at = 0;
    at <= LAST_OFFSET && at + SIGNATURE.length <= source.sizeBytes;
    at = at === 0 ? FIRST_OFFSET : 2 * at
  )
    if (textOf(await readPart(source, at, SIGNATURE.length, "its signature", signal), 0, 8) === SIGNATURE) return at;
  throw await withContent(malformed("it has no signature of HDF5", 0), source, signal);
}

/** Up to so many bytes, in latin1. @throws {ImportError} `malformed_file` where it begins behind the end */
export function textOf(view: DataView, at: number, bytes: number): string {
  checkEnd(view, at, 0);
  return Buffer.from(view.buffer, view.byteOffset + at, Math.max(0, Math.min(bytes, view.byteLength - at))).toString(
    "latin1",
  );
}

/** An address, or another number of 64 bits; those that no file reaches are as good as undefined. */
export function addressAt(view: DataView, at: number): number {
  checkEnd(view, at, 8);
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  return value >= 2 ** 63 ? UNDEFINED_ADDRESS : value;
}

/** @throws {ImportError} `malformed_file` behind the end */
export function byteAt(view: DataView, at: number): number {
  checkEnd(view, at, 1);
  return view.getUint8(at);
}

/** Little-endian. @throws {ImportError} `malformed_file` behind the end */
export function uint16At(view: DataView, at: number): number {
  checkEnd(view, at, 2);
  return view.getUint16(at, true);
}

/** Little-endian. @throws {ImportError} `malformed_file` behind the end */
export function uint32At(view: DataView, at: number): number {
  checkEnd(view, at, 4);
  return view.getUint32(at, true);
}

/** A number of 1 to 8 bytes. */
export function uintAt(view: DataView, at: number, bytes: number): number {
  checkEnd(view, at, bytes);
  let value = 0;
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + view.getUint8(at + i);
  return value;
}

function checkEnd(view: DataView, at: number, bytes: number): void {
  if (at + bytes > view.byteLength) throw malformed("a part of its structure is shorter than what it should hold", 0);
}

/** Code `unsupported`. @param why ends with what to do about it, where something can be done */
export function unsupported(why: string): ImportError {
  return new ImportError("unsupported", `the HDF5 file cannot be imported: ${why}`);
}
