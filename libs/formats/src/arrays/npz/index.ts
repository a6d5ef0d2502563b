import { excerptOfList, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { readZipDirectory, type ZipEntry } from "../../archives/zip-directory.ts";
import { isStored, openZipMember } from "../../archives/zip-member.ts";
import { arrayFormat } from "../array-format.ts";
import type { ArraySet, NamedArray } from "../array-set.ts";
import { readNpyHeader } from "../npy/npy-arrays.ts";
import { baseName } from "../one-file.ts";
import { isSparseMatrix, sparseMatrix } from "./sparse-matrix.ts";

/**
 * An archive of NumPy arrays, one for each field, as `numpy.savez` and `savez_compressed` write it: a zip archive of `.npy`
 * files. It may be cut between rows unless a member is compressed.
 */
export const npzFormat = arrayFormat({
  name: "npz",
  title: "NumPy archive",
  extensions: [".npz"],
  grouping: "rows",
  mixesAs: "arrays",
  isArchive: true,
  arraysOf: ([source], _, signal) => npzArrays(source, signal),
});

async function npzArrays(source: SourceFile, signal: AbortSignal): Promise<ArraySet> {
  const entries = (await readZipDirectory(source, signal)).filter(({ name }) => name.endsWith(".npy"));
  const opened: SourceFile[] = [];
  const list = excerptOfList(entries.map(({ name }) => name));
  try {
    const arrays: NamedArray[] = [];
    for (const entry of entries) {
      const member = await openZipMember(source, entry, `${source.path}/${entry.name}`, signal);
      opened.push(member);
      arrays.push(await arrayOf(entry, member, signal));
    }
    const isSparse = isSparseMatrix(new Set(arrays.map(({ name }) => name)));
    const member = (name: string) => arrays.find((array) => array.name === name)?.source;
    return {
      title: "numpy archive",
      arrays: isSparse ? [sparseMatrix(baseName(source, ".npz"), source, member)] : arrays,
      missing: (field) => `no member for ${field === undefined ? "any field" : `field: ${field}`}, members: [${list}]`,
      isSequential: !entries.every(isStored),
      close: () => closeAll(opened),
    };
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function arrayOf({ name }: ZipEntry, source: SourceFile, signal: AbortSignal): Promise<NamedArray> {
  const array = { name: name.slice(0, -".npy".length), source };
  const header = (readSignal: AbortSignal | undefined) => readNpyHeader(source, readSignal);
  return (await isMatrix(source, signal)) ? { ...array, header, role: "vectors" } : { ...array, header };
}

async function isMatrix(source: SourceFile, signal: AbortSignal): Promise<boolean> {
  try {
    return (await readNpyHeader(source, signal)).shape.length === 2;
  } catch (error) {
    // Whoever asks for it is told why.
    if (error instanceof ImportError) return false;
    throw error;
  }
}

async function closeAll(files: readonly SourceFile[]): Promise<void> {
  for (const file of files) await file[Symbol.asyncDispose]();
}
