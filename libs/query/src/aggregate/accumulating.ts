import type { Column } from "@sluice/columns";
import { DataType, type FieldSchema, fixedWidth } from "@sluice/schema";
import type { Accumulator } from "./aggregation.ts";
import { FloatExtreme, IntegerExtreme, TextExtreme } from "./extremes.ts";
import { type Accumulating, fixedOf, roomFor } from "./state.ts";
import { FloatSum, IntegerSum, integerParts } from "./sums.ts";

/** @param field that is gathered; undefined: rows are counted */
export function accumulating(operation: Accumulator["operation"], field: FieldSchema | undefined): Accumulating {
  if (operation === "count" || !field) return new Count();
  const isFloat = field.dataType === DataType.Float || field.dataType === DataType.Double;
  if (operation === "sum") return isFloat ? new FloatSum() : new IntegerSum(field.name, integerParts.whole);
  if (operation === "lowSum") return new IntegerSum(field.name, integerParts.low);
  if (operation === "highSum") return new IntegerSum(field.name, integerParts.high);
  const sign = operation === "min" ? 1 : -1;
  const width = fixedWidth(field);
  if (width === 0) return new TextExtreme(sign);
  return isFloat ? new FloatExtreme(sign, width) : new IntegerExtreme(sign, width);
}

class Count implements Accumulating {
  #counts = new Float64Array(0);

  get usedBytes(): number {
    return this.#counts.byteLength;
  }

  add(groups: Uint32Array, count: number, column: Column | undefined, rows: Uint32Array): void {
    this.#counts = roomFor(this.#counts, count);
    const validity = column?.validity;
    for (let i = 0; i < groups.length; i++) if (!validity || validity[rows[i]] === 1) this.#counts[groups[i]]++;
  }

  column(count: number): Column {
    const counts = roomFor(this.#counts, count).subarray(0, count);
    return fixedOf(BigInt64Array.from(counts, (value) => BigInt(value)));
  }
}
