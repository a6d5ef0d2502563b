import { VarBuilder } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { FieldSchema } from "@sluice/schema";
import { dropRepeatedKeys } from "@sluice/values";
import type { DynamicColumn } from "../../../plan/dynamic-column.ts";
import type { FieldPlan } from "../../../plan/field-plan.ts";
import { RestText } from "../rest-text.ts";
import type { Scanner } from "../scanner.ts";
import type { ColumnTaker } from "./column-cursor.ts";

const [OPEN, CLOSE, COMMA, QUOTE, NULL] = [0x7b, 0x7d, 0x2c, 0x22, 0x6e];
const EMPTY = Uint8Array.of(OPEN, CLOSE);

/** The dynamic column of a file of columns: those that no field has, and `$meta` itself, put together row by row. */
export class MetaColumn {
  readonly #builder: VarBuilder;
  readonly #dynamic: DynamicColumn;
  readonly #keys: readonly Uint8Array[];
  readonly #cells: readonly VarBuilder[];
  readonly #own: VarBuilder;
  readonly #text = new RestText();
  /** Whether a column is called `$meta`. */
  readonly #hasOwn: boolean;

  /** @param names of the columns that no field has */
  constructor(plan: FieldPlan, builder: VarBuilder, names: readonly string[], hasOwn: boolean, rowCapacity: number) {
    const field: FieldSchema = builder.field;
    this.#builder = builder;
    this.#dynamic = plan.dynamic.with(names);
    this.#keys = names.map((name) => Buffer.from(JSON.stringify(name)));
    this.#cells = names.map(() => new VarBuilder(field, rowCapacity));
    this.#own = new VarBuilder(field, rowCapacity);
    this.#hasOwn = hasOwn;
  }

  /** Takes the values of the n-th column that no field has. */
  taker(n: number, name: string): ColumnTaker {
    const cells = this.#cells[n];
    return {
      field: name,
      take: (scanner, p, row) => {
        const end = scanner.skipValue(p);
        cells.copy(row, scanner.bytes, p, end);
        return end;
      },
      pass: (row) => cells.put(row, undefined),
    };
  }

  /** Takes the values of `$meta`: objects, or their texts; null counts as absent. */
  ownTaker(): ColumnTaker {
    return {
      field: this.#builder.field.name,
      take: (scanner, p, row) => this.#takeOwn(scanner, p, row),
      pass: (row) => this.#own.put(row, undefined),
    };
  }

  #takeOwn(scanner: Scanner, p: number, row: number): number {
    const end = scanner.bytes[p] === NULL ? scanner.word(p, "null") : scanner.skipValue(p);
    if (scanner.bytes[p] === NULL) this.#own.put(row, undefined);
    else {
      const text = scanner.bytes[p] === QUOTE ? scanner.unescaped(p, end) : scanner.bytes.slice(p, end);
      const refusal = this.#dynamic.refusalOf(text);
      if (refusal)
        throw new ImportError("value_invalid", refusal.reason, {
          ...scanner.at(p),
          ...(refusal.field !== undefined && { field: refusal.field }),
        });
      this.#own.put(row, text);
    }
    return end;
  }

  /** Bytes before a row. */
  bytesBefore(row: number): number {
    return this.#cells.reduce((sum, cells) => sum + cells.offsets[row], this.#hasOwn ? this.#own.offsets[row] : 0);
  }

  /** Puts the rows together, of which all columns have been read. */
  build(rowCount: number): void {
    for (let row = 0; row < rowCount; row++) this.#buildRow(row);
  }

  #buildRow(row: number): void {
    const builder = this.#builder;
    const own = this.#hasOwn ? cellOf(this.#own, row) : undefined;
    if (this.#keys.length === 0) {
      builder.put(row, own?.length ? own : EMPTY);
      return;
    }
    const text = this.#text;
    text.cancel(0);
    text.open(OPEN);
    for (const [n, key] of this.#keys.entries()) {
      const { data, offsets } = this.#cells[n];
      text.key(key, 0, key.length);
      text.value(data, offsets[row], offsets[row + 1]);
    }
    if (own?.length) appendMembers(text, own);
    text.close(CLOSE);
    builder.put(row, text.bytes.subarray(0, text.length));
    builder.offsets[row + 1] = dropRepeatedKeys(builder.data, builder.offsets[row], builder.offsets[row + 1]);
  }
}

function cellOf({ data, offsets }: VarBuilder, row: number): Uint8Array {
  return data.subarray(offsets[row], offsets[row + 1]);
}

/** What stands between the braces of an object. */
function appendMembers(text: RestText, object: Uint8Array): void {
  const inner = Buffer.from(object).toString("utf8").trim().slice(1, -1).trim();
  if (inner === "") return;
  const bytes = Buffer.from(inner);
  text.value(Uint8Array.of(COMMA), 0, 1);
  text.value(bytes, 0, bytes.length);
}
