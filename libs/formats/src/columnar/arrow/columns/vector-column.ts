import { FixedBuffer } from "@sluice/columns";
import { type FieldSchema, fixedWidth } from "@sluice/schema";
import { type ElementType, elementWidth } from "../../../numbers/element-type.ts";
import { checkEach, convertEach, type ElementRule, finiteCheck } from "../../../numbers/elements.ts";
import { type NumberKind, type NumberViews, numberText, viewsOf } from "../../../numbers/number-kind.ts";
import { FieldRules } from "../../parquet/columns/column-reader.ts";
import { nullElementWords, wrongElementWords, wrongLengthWords } from "../../parquet/columns/vector-words.ts";
import type { ArrowValues } from "../ipc/arrow-values.ts";
import type { ColumnDecoder, DecodeContext } from "./column-decoder.ts";
import { fillNulls } from "./fill-nulls.ts";

/** How elements of a source become those of a vector. */
export interface VectorRule {
  readonly kind: NumberKind;
  readonly rule: ElementRule;
  /** Elements of the source that a vector has. */
  readonly items: number;
  /** Where the elements are the bytes of numbers that have to be finite. */
  readonly bytesOf: ElementType | undefined;
}

/** Vectors one behind the other, all of their length: handed out without a copy where they lie as the column has them. */
export function vectorDecoder(field: FieldSchema, vector: VectorRule, context: DecodeContext): ColumnDecoder {
  const decoder = new VectorDecoder(field, vector, context);
  return ([values], count, row) => [decoder.decode(elementsOf(values), values.validity, count, row)];
}

interface Elements {
  readonly data: Uint8Array;
  readonly validity: Uint8Array | undefined;
  /** Of each vector; undefined where all are as long as they should. */
  readonly offsets: Uint32Array | undefined;
}

/** Elements of lists are in a column of their own, bytes are not. */
function elementsOf({ field, data, offsets, children }: ArrowValues): Elements {
  if (field.type.kind === "list") return { data: children[0].data, validity: children[0].validity, offsets };
  return { data, validity: undefined, offsets: field.type.kind === "bytes" ? offsets : undefined };
}

class VectorDecoder {
  readonly #field: FieldSchema;
  readonly #vector: VectorRule;
  readonly #width: number;
  readonly #rules: FieldRules;
  readonly #at: { readonly file: string };
  readonly #dense = new FixedBuffer();
  readonly #converted = new FixedBuffer();

  constructor(field: FieldSchema, vector: VectorRule, { rejects, path }: DecodeContext) {
    this.#field = field;
    this.#vector = vector;
    this.#width = fixedWidth(field);
    this.#rules = new FieldRules(field, rejects);
    this.#at = { file: path };
  }

  decode(elements: Elements, validity: Uint8Array | undefined, count: number, row: number) {
    this.#checkElements(elements, validity, count, row);
    const source = this.#isDense(elements.offsets, count)
      ? viewsOf(elements.data)
      : this.#gathered(elements, validity, count, row);
    const data = this.#converts(source, validity, count, row).subarray(0, count * this.#width);
    const valid = fillNulls(this.#rules, data, this.#width, validity, row, this.#at);
    return { kind: "fixed", width: this.#width, data, validity: valid } as const;
  }

  #isDense(offsets: Uint32Array | undefined, count: number): boolean {
    const { items } = this.#vector;
    for (let i = 0; offsets && i <= count; i++) if (offsets[i] !== i * items) return false;
    return true;
  }

  #checkElements({ validity, offsets }: Elements, rows: Uint8Array | undefined, count: number, row: number): void {
    if (!validity?.includes(0)) return;
    const { items } = this.#vector;
    for (let i = 0; i < count; i++) {
      const [from, to] = offsets ? [offsets[i], offsets[i + 1]] : [i * items, (i + 1) * items];
      if (rows?.[i] !== 0 && validity.subarray(from, to).includes(0))
        this.#rules.refuse(nullElementWords(this.#field), row + i, this.#at);
    }
  }

  /** Vectors of the right length at their places; those of another are refused unless they are null. */
  #gathered({ data, offsets }: Elements, validity: Uint8Array | undefined, count: number, row: number): NumberViews {
    const { items } = this.#vector;
    const itemBytes = this.#itemBytes;
    const at = offsets as Uint32Array;
    this.#dense.reserve(count * items * itemBytes);
    for (let i = 0; i < count; i++) {
      const found = at[i + 1] - at[i];
      const target = i * items * itemBytes;
      if (found === items) this.#dense.bytes.set(data.subarray(at[i] * itemBytes, at[i + 1] * itemBytes), target);
      else {
        this.#dense.bytes.fill(0, target, target + items * itemBytes);
        if (validity?.[i] !== 0)
          this.#rules.refuse(wrongLengthWords(this.#field, items, String(found)), row + i, this.#at);
      }
    }
    return this.#dense;
  }

  get #itemBytes(): number {
    const { kind } = this.#vector;
    return kind === "double" || kind.endsWith("64")
      ? 8
      : kind.endsWith("16")
        ? 2
        : kind.endsWith("8") || kind === "bool"
          ? 1
          : 4;
  }

  #converts(source: NumberViews, validity: Uint8Array | undefined, count: number, row: number): Uint8Array {
    const { rule, kind, items, bytesOf } = this.#vector;
    const onBad = (index: number, shown = numberText(kind, source, index)) => {
      const ahead = Math.floor(index / items);
      if (validity?.[ahead] !== 0) this.#rules.refuse(wrongElementWords(this.#field, shown), row + ahead, this.#at);
    };
    if (rule.convert) {
      this.#converted.reserve(count * this.#width);
      convertEach(rule.convert, source, count * items, this.#converted, 0, (index) => onBad(index));
      return this.#converted.bytes;
    }
    if (rule.check) checkEach(rule.check, source, 0, count * items, (index) => onBad(index));
    const check = bytesOf && finiteCheck(bytesOf);
    const width = bytesOf ? elementWidth[bytesOf] : 1;
    if (check) checkEach(check, source, 0, (count * items) / width, (index) => onBad(index * width, "NaN or infinity"));
    return source.bytes;
  }
}
