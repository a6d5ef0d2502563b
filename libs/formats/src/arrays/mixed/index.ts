import { excerptOfList } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { type ArrayFormat, arrayFormat } from "../array-format.ts";
import type { ArraySet, ArraysOf } from "../array-set.ts";
import { fbinFormat, i8binFormat, ibinFormat, u8binFormat } from "../bins/index.ts";
import { hdf5Format } from "../hdf5/index.ts";
import { npyFormat } from "../npy/index.ts";
import { npzFormat } from "../npz/index.ts";
import { safetensorsFormat } from "../safetensors/index.ts";
import { bvecsFormat, fvecsFormat, ivecsFormat } from "../vecs/index.ts";

/** Formats whose files may be columns of one table. */
const members: readonly ArrayFormat[] = [
  ...[npyFormat, npzFormat, safetensorsFormat, hdf5Format, fvecsFormat, ivecsFormat, bvecsFormat],
  ...[fbinFormat, u8binFormat, i8binFormat, ibinFormat],
];

/** Files of several formats of arrays that are one table: `base.fbin` with `id.npy`. Each is told by its extension. */
export const arraysFormat = arrayFormat({
  name: "arrays",
  title: "array",
  extensions: [],
  grouping: "columns",
  optionKeys: [...new Set(members.flatMap(({ optionKeys }) => optionKeys ?? []))],
  arraysOf: async (sources, options, signal) => {
    const sets: ArraySet[] = [];
    try {
      for (const source of sources) sets.push(await arraysOf(source)([source], options, signal));
      return joined(sets, sources);
    } catch (error) {
      await closeAll(sets);
      throw error;
    }
  },
});

function arraysOf({ path }: SourceFile): ArraysOf {
  const name = path.toLowerCase();
  const member = members.find(({ extensions }) => extensions.some((extension) => name.endsWith(extension)));
  if (!member) throw new Error(`${path} is of no format of arrays`);
  return member.arraysOf;
}

function joined(sets: readonly ArraySet[], sources: readonly SourceFile[]): ArraySet {
  const list = excerptOfList(sources.map(({ path }) => path.slice(path.lastIndexOf("/") + 1)));
  return {
    title: "array files",
    missing: (field) => `no file for ${field === undefined ? "any field" : `field: ${field}`}, files: [${list}]`,
    arrays: sets.flatMap(({ arrays }) => arrays),
    isSequential: sets.some(({ isSequential }) => isSequential),
    close: () => closeAll(sets),
  };
}

async function closeAll(sets: readonly ArraySet[]): Promise<void> {
  for (const set of sets) await set.close?.();
}
