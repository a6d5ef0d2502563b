import { Encoding, PageType } from "../format.ts";
import { CompactWriter } from "../thrift/compact-writer.ts";

/** Header of a V1 data page whose levels are in RLE. */
export function dataPageHeader(encoding: number, size: number, compressedSize: number, valueCount: number): Uint8Array {
  const out = new CompactWriter();
  writeSizes(out, PageType.Data, size, compressedSize);
  out.struct(5, () => {
    out.int32(1, valueCount);
    out.int32(2, encoding);
    out.int32(3, Encoding.Rle);
    out.int32(4, Encoding.Rle);
  });
  return out.finish();
}

/** Header of an uncompressed dictionary page of PLAIN values. */
export function dictionaryPageHeader(size: number, valueCount: number): Uint8Array {
  const out = new CompactWriter();
  writeSizes(out, PageType.Dictionary, size, size);
  out.struct(7, () => {
    out.int32(1, valueCount);
    out.int32(2, Encoding.Plain);
  });
  return out.finish();
}

function writeSizes(out: CompactWriter, type: number, size: number, compressedSize: number): void {
  out.int32(1, type);
  out.int32(2, size);
  out.int32(3, compressedSize);
}
