import { ImportError } from "@sluice/errors";
import type { ArrowField } from "./arrow-type.ts";
import type { ArrowValues } from "./arrow-values.ts";
import { damaged } from "./damage.ts";

/** What all dictionaries of a file may hold together: every task has them in memory. */
export const MAX_DICTIONARY_BYTES = 256 << 20;

/** The dictionaries of a file, as far as it was read: of streams a later one may replace or lengthen an earlier one. */
export class Dictionaries {
  readonly #fields = new Map<bigint, ArrowField>();
  readonly #values = new Map<bigint, ArrowValues>();

  /** @param fields columns whose dictionaries are needed */
  constructor(fields: readonly ArrowField[]) {
    for (const field of fields) this.#add(field);
  }

  #add(field: ArrowField): void {
    const { dictionary, ...plain } = field;
    if (dictionary) this.#fields.set(dictionary.id, plain);
    for (const child of field.children) this.#add(child);
  }

  /** What its values are; undefined for one that nobody needs. @throws {ImportError} for values that are not looked up */
  fieldOf(id: bigint): ArrowField | undefined {
    const field = this.#fields.get(id);
    if (field && field.children.length > 0)
      throw new ImportError(
        "unsupported",
        `column '${field.name}': dictionaries of ${field.type.name} are not read: cast the column before writing it`,
      );
    return field;
  }

  /**
   * A delta goes behind what is there; anything else replaces it. @throws {ImportError} `unsupported` for too large a
   * one
   */
  put(id: bigint, values: ArrowValues, isDelta: boolean): void {
    const known = isDelta ? this.#values.get(id) : undefined;
    const all = known ? joined(known, values) : values;
    if (all.data.length > MAX_DICTIONARY_BYTES)
      throw new ImportError(
        "unsupported",
        `a dictionary holds more than ${MAX_DICTIONARY_BYTES} bytes: write the column without one`,
      );
    this.#values.set(id, all);
  }

  /** @param name of the column, for errors @throws {ImportError} */
  valuesOf(id: bigint, name: string): ArrowValues {
    const values = this.#values.get(id);
    if (values) return values;
    throw damaged(`the dictionary of column '${name}' is missing`);
  }
}

function joined(a: ArrowValues, b: ArrowValues): ArrowValues {
  const offsets = new Uint32Array(a.offsets.length + b.offsets.length - 1);
  offsets.set(a.offsets);
  for (let i = 1; i < b.offsets.length; i++) offsets[a.offsets.length - 1 + i] = a.data.length + b.offsets[i];
  const data = new Uint8Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  const valid = (values: ArrowValues) => values.validity ?? new Uint8Array(values.length).fill(1);
  const validity = a.validity || b.validity ? Uint8Array.from([...valid(a), ...valid(b)]) : undefined;
  return { ...b, length: a.length + b.length, validity, data, offsets };
}
