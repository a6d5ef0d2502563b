import { BYTES, VARINT, varintSize, writeVarint } from "@sluice/values";

/** Bytes of a message in pieces, joined once at the end: every level of nesting needs the length of what is in it. */
export interface Parts {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
}

/** What a field with its default value takes. */
export const NOTHING: Parts = { pieces: [], length: 0 };

/** Borrowed: pieces must not change before they are joined. */
export function partsOf(...pieces: readonly Uint8Array[]): Parts {
  return { pieces, length: pieces.reduce((sum, { length }) => sum + length, 0) };
}

/** All pieces in this order; none is copied. */
export function joined(...all: readonly Parts[]): Parts {
  return { pieces: all.flatMap(({ pieces }) => pieces), length: all.reduce((sum, { length }) => sum + length, 0) };
}

/** A field that holds bytes, a text or a message; of a `oneof` also when it is empty. */
export function bytesField(number: number, content: Parts): Parts {
  const head = new Uint8Array(varintSize(tagOf(number, BYTES)) + varintSize(content.length));
  writeVarint(head, writeVarint(head, 0, tagOf(number, BYTES)), content.length);
  return joined(partsOf(head), content);
}

/** An unsigned number; 0 is left out, as proto3 has it. */
export function numberField(number: number, value: number): Parts {
  if (value === 0) return NOTHING;
  const bytes = new Uint8Array(varintSize(tagOf(number, VARINT)) + varintSize(value));
  writeVarint(bytes, writeVarint(bytes, 0, tagOf(number, VARINT)), value);
  return partsOf(bytes);
}

/** An empty text is left out, as proto3 has it. */
export function textField(number: number, text: string): Parts {
  return text === "" ? NOTHING : bytesField(number, partsOf(Buffer.from(text)));
}

/** Numbers without their tags; left out where there are none. */
export function packedField(number: number, numbers: Parts): Parts {
  return numbers.length === 0 ? NOTHING : bytesField(number, numbers);
}

/** @param number below 2^28, so that it stays a small integer */
export function tagOf(number: number, wireType: number): number {
  return (number << 3) | wireType;
}

/** One copy of all. */
export function toBuffer({ pieces, length }: Parts): Buffer {
  return Buffer.concat(pieces, length);
}
