import { excerptOfBytes } from "@sluice/errors";
import { DataType, dataTypeName, type FieldSchema, fixedWidth } from "@sluice/schema";

/** What values of an import were made of others, by the option `coerce`: counted, for a warning. */
export class Coercions {
  readonly #counts = new Map<string, number | "all">();

  /** One value, where each of them may be of either type. @param what `text to integer` */
  count(field: string, what: Coercion): void {
    const key = keyOf(field, what);
    this.#counts.set(key, ((this.#counts.get(key) ?? 0) as number) + 1);
  }

  /** A column, whose values are all of one type. */
  all(field: string, what: Coercion): void {
    this.#counts.set(keyOf(field, what), "all");
  }

  /** Undefined when there were none. */
  get warning(): string | undefined {
    if (this.#counts.size === 0) return undefined;
    const listed = [...this.#counts].map(([what, count]) => `${count} of field ${what}`);
    return `values were coerced: ${listed.join(", ")}`;
  }
}

/** What was made of what, in the words of the warning. */
export type Coercion = "text to integer" | "integer to text";

/** What to do about a value of the other type that was refused since nobody asked for `coerce`. */
export const coerceHints: Readonly<Record<Coercion, string>> = {
  "text to integer": ": the option coerce=true takes texts that are integers",
  "integer to text": ": the option coerce=true takes integers as their text",
};

const keyOf = (field: string, what: Coercion) => `'${field}' (${what})`;

/** Bits of the greatest integer of each type. */
const integerBits: Partial<Record<DataType, bigint>> = {
  [DataType.Int8]: 7n,
  [DataType.Int16]: 15n,
  [DataType.Int32]: 31n,
  [DataType.Int64]: 63n,
};

/** Fields that texts of digits are coerced for. */
export function isIntegerField({ dataType }: FieldSchema): boolean {
  return integerBits[dataType] !== undefined;
}

/** Fields that integers are coerced for. */
export function isTextField({ dataType }: FieldSchema): boolean {
  return dataType === DataType.VarChar || dataType === DataType.String || dataType === DataType.Text;
}

/** The integer that has this text, where the field takes it: `007` is none's. Undefined for others. */
export function integerOfText({ dataType }: FieldSchema, text: string): bigint | undefined {
  const limit = 1n << (integerBits[dataType] as bigint);
  const value = /^(0|-?[1-9]\d{0,18})$/.test(text) ? BigInt(text) : undefined;
  return value === undefined || value >= limit || value < -limit ? undefined : value;
}

/** The same for columns: the value in column encoding, valid until the next call. The cell throws a RangeError with the reason. */
export function integerCell(field: FieldSchema): (text: Uint8Array) => Uint8Array {
  const words = new BigInt64Array(1);
  const cell = new Uint8Array(words.buffer, 0, fixedWidth(field));
  return (text) => {
    const value = integerOfText(field, Buffer.from(text.buffer, text.byteOffset, text.length).toString("latin1"));
    if (value === undefined) {
      const found = `got type 'string' with value '${excerptOfBytes(text)}'`;
      throw new RangeError(
        `expected type '${dataTypeName(field.dataType)}' for field '${field.name}', ${found}: ${NO_SUCH_TEXT}`,
      );
    }
    words[0] = value;
    return cell;
  };
}

/** Why a text is none of an integer's. */
export const NO_SUCH_TEXT = "it is not the text of such a number";
