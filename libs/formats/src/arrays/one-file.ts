import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { DataType } from "@sluice/schema";
import type { ArraySet, NamedArray } from "./array-set.ts";

/** Greatest dimension of vectors in files that announce one. Source: limit of Milvus. */
export const MAX_DIM = 32_768;

/** The base name of a file without what its format adds to it: what its one array is called. */
export function baseName({ path }: SourceFile, extension: string): string {
  const base = path.slice(path.lastIndexOf("/") + 1);
  const at = base.toLowerCase().lastIndexOf(extension);
  return at > 0 ? base.slice(0, at) : base;
}

/** The set of arrays that are called after what they hold. @param title as in messages: `fvecs file` */
export function arraySet(title: string, arrays: readonly NamedArray[]): ArraySet {
  const names = arrays.map(({ name }) => name).join(", ");
  return {
    title,
    arrays,
    missing: (field) =>
      `no array for ${field === undefined ? "any field" : `field: ${field}`}, the file has [${names}]`,
  };
}

/**
 * The bytes of a file from `position` on.
 * @throws {ImportError} `malformed_file` with the byte where the file ends before. @param what ends the sentence
 */
export async function readPart(
  source: SourceFile,
  position: number,
  bytes: number,
  what: string,
  signal?: AbortSignal,
): Promise<DataView> {
  const target = new Uint8Array(bytes);
  const found = position >= source.sizeBytes ? 0 : await source.readInto(position, target, signal);
  if (found < bytes) throw malformed(`it ends inside ${what}`, position + found);
  return new DataView(target.buffer);
}

/** Bytes in files of vectors are numbers, not bits. */
export function numbersOf(descr: string): Pick<NamedArray, "dataType"> {
  return descr === "|u1" ? { dataType: DataType.FloatVector } : {};
}

/** What is said of the only array of a file of vectors. Source: legacy formats, §3.3. */
export function vectorsOf(descr: string): Pick<NamedArray, "role" | "dataType" | "isMostly"> {
  const isMostly = descr === "<i4" && { isMostly: "whole numbers of 32 bits, as lists of true neighbours are" };
  return { role: "vectors", ...numbersOf(descr), ...isMostly };
}

/** @param detail why the file is none of its format */
export function malformed(detail: string, byteOffset: number): ImportError {
  return new ImportError("malformed_file", `the file cannot be read: ${detail}`, { byteOffset });
}
