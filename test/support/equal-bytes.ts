import { expect } from "@jest/globals";

// Loaded by jest before each file of tests. It compares what is in arrays of numbers one by one, megabytes of them in seconds.

/** True where all bytes are the same; else jest looks, which knows how -0, NaN and arrays of other kinds compare. */
function haveEqualBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return undefined;
  const isSameKind = Object.getPrototypeOf(a) === Object.getPrototypeOf(b);
  return isSameKind && bytesOf(a).equals(bytesOf(b)) ? true : undefined;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

expect.addEqualityTesters([haveEqualBytes]);
