import { Damage, Decompressor, NotSupported } from "@sluice/parquet";
import { decodeBlosc } from "../blosc/blosc.ts";
import { decodeLzf } from "./decode-lzf.ts";

// Filters that HDF5 itself lacks: those of h5py, PyTables and hdf5plugin. Source: the registry of filters of The HDF Group.

/** Undoes a filter. @param maxBytes that come out @throws {Damage} */
type Decode = (bytes: Uint8Array, maxBytes: number) => Uint8Array;

const decoders: Readonly<Record<number, Decode | undefined>> = {
  32000: decodeLzf,
  32001: decodeBlosc,
  32004: decodeLz4Blocks,
  32015: (bytes, maxBytes) => new Decompressor().decompress("ZSTD", bytes, maxBytes),
};

/** Whether `decodePlugin` undoes the filter with this number. */
export function isPluginFilter(id: number): boolean {
  return decoders[id] !== undefined;
}

/** @param sizeBytes that come out @throws {Damage} */
export function decodePlugin(id: number, bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const decode = decoders[id];
  if (!decode) throw new NotSupported(`filter ${id} is not undone`);
  const decoded = decode(bytes, sizeBytes);
  if (decoded.length !== sizeBytes) throw new Damage(`it has ${decoded.length} bytes, and should have ${sizeBytes}`);
  return decoded;
}

const HEADER_BYTES = 12;
const SIZE_BYTES = 4;

/** The size of all and of a block, then blocks behind their own sizes, big-endian; one that did not shrink is as it was. */
function decodeLz4Blocks(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length < HEADER_BYTES) throw cutShort();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [sizeBytes, blockBytes] = [view.getBigUint64(0), view.getUint32(8)];
  if (sizeBytes > BigInt(maxBytes) || blockBytes === 0)
    throw new Damage(`lz4: it announces ${sizeBytes} bytes in blocks of ${blockBytes}`);
  const output = new Uint8Array(Number(sizeBytes));
  let at = HEADER_BYTES;
  for (let to = 0; to < output.length; to += blockBytes) {
    const target = output.subarray(to, to + blockBytes);
    if (at + SIZE_BYTES > bytes.length) throw cutShort();
    const length = view.getUint32(at);
    const block = bytes.subarray(at + SIZE_BYTES, at + SIZE_BYTES + length);
    if (block.length < length) throw cutShort();
    const isStored = length === target.length;
    target.set(isStored ? block : new Decompressor().decompress("LZ4_RAW", block, target.length));
    at += SIZE_BYTES + length;
  }
  return output;
}

function cutShort(): Damage {
  return new Damage("lz4: it is cut short");
}
