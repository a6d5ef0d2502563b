import { constants, createZstdCompress, zstdCompressSync } from "node:zlib";
import { ZlibHandle } from "./zlib-handle.ts";

const params = { [constants.ZSTD_c_compressionLevel]: 1 };
/** Of more at once the room for what comes out would be kept, too. */
const MAX_BYTES = 1 << 20;

/** One a thread, from its first use on; null where this Node has it otherwise. */
let packer: { readonly handle: ZlibHandle; room: Buffer } | null | undefined;

/**
 * One frame of zstd, level 1, in memory of its own. Its head has the size of the content, which some decoders need to allocate.
 * The context, of a megabyte, is kept.
 */
export function packZstd(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_BYTES) return packAnew(bytes);
  packer ??= openPacker();
  if (!packer) return packAnew(bytes);
  const least = leastRoom(bytes.length);
  if (packer.room.length < least) packer.room = Buffer.allocUnsafeSlow(least);
  const { handle, room } = packer;
  const step = handle.write(constants.ZSTD_e_end, bytes, 0, room, 0);
  if (step?.used === bytes.length && step.made < room.length) return new Uint8Array(room.subarray(0, step.made));
  handle.close();
  packer = undefined;
  return packAnew(bytes);
}

function openPacker(): typeof packer {
  const handle = ZlibHandle.of(createZstdCompress({ params }));
  return handle ? { handle, room: Buffer.alloc(0) } : null;
}

function packAnew(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length });
}

/** More than zstd ever needs (a 256th, and some bytes): a frame that fills it is not whole, perhaps. */
function leastRoom(length: number): number {
  return length + (length >>> 7) + 1024;
}
