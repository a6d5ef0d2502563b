import type { Column } from "@sluice/columns";
import type { CollectionSchema, FieldSchema } from "@sluice/schema";
import { accumulating } from "./accumulating.ts";
import { type Accumulator, type Aggregation, accumulatorField } from "./aggregation.ts";
import { GroupKeys } from "./group-keys.ts";
import type { Accumulating } from "./state.ts";
import { CountSum } from "./sums.ts";

/** What is known of the groups of some rows: of each its keys, then what was accumulated. */
export interface GroupedRows {
  readonly count: number;
  /** Parallel to `groupedFields`. */
  readonly columns: readonly Column[];
}

/** The fields of grouped rows, as they travel between those who read and who answers. */
export function groupedFields({ keys, accumulators }: Accumulation, schema: CollectionSchema): FieldSchema[] {
  const gathered = accumulators.map((accumulator) => accumulatorField(accumulator, schema));
  return [...keys.map((key) => schema.fields[key]), ...gathered];
}

/** What of an aggregation decides how rows are read. */
export type Accumulation = Pick<Aggregation, "keys" | "accumulators">;

/** Puts rows into groups, and what is asked of them together. */
export class Groups {
  readonly #keys: GroupKeys;
  readonly #accumulators: readonly Accumulating[];
  readonly #spend: (bytes: number) => void;
  #spentBytes = 0;

  private constructor(keys: GroupKeys, accumulators: readonly Accumulating[], spend: (bytes: number) => void) {
    this.#keys = keys;
    this.#accumulators = accumulators;
    this.#spend = spend;
  }

  /** Of rows of a collection. @param spend is told of memory that is taken, and may throw */
  static ofRows(
    { keys, accumulators }: Accumulation,
    schema: CollectionSchema,
    spend: (bytes: number) => void,
  ): Groups {
    const each = accumulators.map(({ operation, field }) => accumulating(operation, fieldAt(field, schema)));
    return new Groups(new GroupKeys(keys.map((key) => schema.fields[key])), each, spend);
  }

  /** Of what others have grouped: counts and sums are added up, of extremes the more extreme one counts. */
  static ofGroups(
    { keys, accumulators }: Accumulation,
    schema: CollectionSchema,
    spend: (bytes: number) => void,
  ): Groups {
    const each = accumulators.map((accumulator) => {
      const { operation } = accumulator;
      if (operation === "count") return new CountSum();
      const isSum = operation === "lowSum" || operation === "highSum";
      return accumulating(isSum ? "sum" : operation, accumulatorField(accumulator, schema));
    });
    return new Groups(new GroupKeys(keys.map((key) => schema.fields[key])), each, spend);
  }

  /**
   * Adds rows. @param keys and `values`: columns, parallel to those of the aggregation; undefined where none is looked at
   * @throws {StatusError} what `spend` throws
   */
  add(keys: readonly Column[], values: readonly (Column | undefined)[], rows: Uint32Array): void {
    const groups = this.#keys.groupsOf(keys, rows);
    for (const [i, one] of this.#accumulators.entries()) one.add(groups, this.#keys.count, values[i], rows);
    const usedBytes = this.#accumulators.reduce((sum, one) => sum + one.usedBytes, this.#keys.usedBytes);
    if (usedBytes > this.#spentBytes) this.#spend(usedBytes - this.#spentBytes);
    this.#spentBytes = Math.max(usedBytes, this.#spentBytes);
  }

  /** @throws {StatusError} 1100 for a sum that is no Int64 */
  grouped(): GroupedRows {
    const { count } = this.#keys;
    return { count, columns: [...this.#keys.columns(), ...this.#accumulators.map((one) => one.column(count))] };
  }
}

function fieldAt(field: Accumulator["field"], schema: CollectionSchema): FieldSchema | undefined {
  return field === undefined ? undefined : schema.fields[field];
}
