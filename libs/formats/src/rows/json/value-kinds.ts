import { DataType } from "@sluice/schema";
import type { ColumnDescription } from "../../format.ts";
import { isCalledVector, ListLengths } from "../list-lengths.ts";

/** Numbers that are written as integers become bigint. */
export function keepIntegers(_key: string, value: unknown, { source = "" }: { source?: string }): unknown {
  return typeof value === "number" && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** What is seen of the values of one key. */
export class ValueKinds {
  readonly #kinds = new Set<string>();
  /** Of lists. */
  readonly #elements = new Set<string>();
  readonly #lengths = new ListLengths();
  #present = 0;

  /** A null says nothing of the kind. */
  add(value: unknown): void {
    if (value === null) return;
    this.#present++;
    this.#kinds.add(kindOf(value));
    if (!Array.isArray(value)) return;
    this.#lengths.add(value.length);
    for (const element of value) this.#elements.add(kindOf(element));
  }

  /** @param rows that were looked at */
  describe(name: string, rows: number): ColumnDescription {
    const kinds = [...this.#kinds].sort();
    const type = kinds.map((kind) => (kind === LIST ? `list<${[...this.#elements].sort().join(" | ")}>` : kind));
    const base = { name, type: type.join(" | ") || "null", isNullable: this.#present < rows };
    const areIntegers = kinds.every((kind) => kind === "integer" || kind === WIDE);
    if (areIntegers && this.#kinds.has(WIDE)) return { ...base, dataType: DataType.VarChar, isCoerced: true };
    return this.#kinds.size === 1 && this.#kinds.has(LIST)
      ? { ...base, ...this.#list(name) }
      : { ...base, dataType: commonType(this.#kinds) };
  }

  /** Lists of numbers of one length are vectors, with a fraction among them or where they are called so. */
  #list(name: string): Pick<ColumnDescription, "dataType" | "elementType" | "dim"> {
    const elementType = commonType(this.#elements);
    const areNumbers = elementType === DataType.Double || (elementType === DataType.Int64 && isCalledVector(name));
    const dim = areNumbers ? this.#lengths.dimOf(name) : undefined;
    if (dim !== undefined) return { dataType: DataType.FloatVector, dim };
    if (elementType === undefined || elementType === DataType.JSON) return { dataType: undefined };
    return { dataType: DataType.Array, elementType };
  }
}

const LIST = "list";
/** An integer that Int64 has not. */
const WIDE = "integer beyond Int64";

const numberKinds: ReadonlySet<string> = new Set(["integer", WIDE, "number"]);

const types: Readonly<Record<string, DataType>> = {
  integer: DataType.Int64,
  number: DataType.Double,
  boolean: DataType.Bool,
  string: DataType.VarChar,
  object: DataType.JSON,
};

/** The field type that takes values of all these kinds. */
function commonType(kinds: ReadonlySet<string>): DataType | undefined {
  const areNumbers = kinds.has("number") && [...kinds].every((kind) => numberKinds.has(kind));
  const [only] = kinds;
  return areNumbers ? DataType.Double : kinds.size === 1 ? types[only] : undefined;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return LIST;
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? "integer" : WIDE;
  return value === null ? "null" : typeof value;
}
