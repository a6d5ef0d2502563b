import { locate } from "@sluice/errors";
import type { ProbeInput } from "../format.ts";
import type { ArraySet, ArraysOf } from "./array-set.ts";
import { type OpenedArrays, openArrays } from "./open-arrays.ts";
import { placeArrays } from "./place-arrays.ts";

/**
 * What the sources hold, and of it what feeds fields, as `placeArrays` and `openArrays` find. Whoever calls closes the set.
 * @throws {ImportError} as those
 */
export async function openSet(
  input: ProbeInput,
  arraysOf: ArraysOf,
  signal: AbortSignal,
  warn: (text: string) => void = () => {},
): Promise<OpenedArrays & { set: ArraySet }> {
  const set = await locatedArrays(arraysOf, input.sources, input.options, signal);
  for (const note of set.notes ?? []) warn(`${set.title}: ${note}`);
  try {
    const placed = await placeArrays(set, input, signal, warn);
    return { set, ...(await openArrays(placed, input.plan, signal, warn)) };
  } catch (error) {
    await set.close?.();
    throw error;
  }
}

/** What the sources hold; errors are those of their first file where they name none. */
export async function locatedArrays(
  ...[arraysOf, sources, options, signal]: [ArraysOf, ...Parameters<ArraysOf>]
): Promise<ArraySet> {
  try {
    return await arraysOf(sources, options, signal);
  } catch (error) {
    throw locate(error, { file: sources[0].path });
  }
}
