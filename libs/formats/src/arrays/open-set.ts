import type { ProbeInput } from "../format.ts";
import type { ArrayColumn } from "./array-column.ts";
import type { ArraySet, ArraysOf } from "./array-set.ts";
import { openArrays } from "./open-arrays.ts";
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
): Promise<{ set: ArraySet; columns: ArrayColumn[] }> {
  const set = await arraysOf(input.sources, input.options, signal);
  try {
    const placed = await placeArrays(set, input, signal, warn);
    return { set, columns: await openArrays(placed, input.plan, signal, warn) };
  } catch (error) {
    await set.close?.();
    throw error;
  }
}
