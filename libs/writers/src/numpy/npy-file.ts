/** Headers end at a multiple of this, so that mapped arrays are aligned. Source: numpy.lib.format. */
const ALIGN_BYTES = 64;
const MAGIC = "\x93NUMPY\x01\x00";

/** The header of a .npy file, version 1.0, of an array in C order. @param shape rows first */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const sizes = `${shape.join(", ")}${shape.length === 1 ? "," : ""}`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const unpadded = MAGIC.length + 2 + text.length + 1;
  const padding = (ALIGN_BYTES - (unpadded % ALIGN_BYTES)) % ALIGN_BYTES;
  const body = `${text}${" ".repeat(padding)}\n`;
  const length = Buffer.from([body.length & 0xff, body.length >>> 8]);
  return Buffer.concat([Buffer.from(MAGIC, "latin1"), length, Buffer.from(body)]);
}
