import type { Column, InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import { autoKeyRefused } from "@sluice/formats";
import { type IdRange, tooFewIds } from "@sluice/jobs/findings";
import { type CollectionSchema, DataType, primaryKeyIndex } from "@sluice/schema";

/** Keys that were allocated for a file before its import: row i of it gets the i-th, whatever rows are put aside. */
export class GivenIds {
  readonly #range: IdRange;
  readonly #file: string;
  readonly #keyIndex: number;
  readonly #isText: boolean;
  readonly #name: string;
  readonly #skipped = new Set<number>();
  readonly #firstRow: number;
  /** In the file. */
  #nextRow: number;

  /** @param firstRow of the file that is read */
  constructor(range: IdRange, schema: CollectionSchema, file: string, firstRow: number) {
    this.#range = range;
    this.#file = file;
    this.#keyIndex = primaryKeyIndex(schema);
    const { dataType, name } = schema.fields[this.#keyIndex];
    this.#isText = dataType !== DataType.Int64;
    this.#name = name;
    this.#firstRow = firstRow;
    this.#nextRow = firstRow;
  }

  /** A row was put aside before its batch came: its key is nobody's. */
  skip(row: number): void {
    this.#skipped.add(row);
  }

  /** Half-open, of the rows so far, with those that were put aside among them; empty for no rows. */
  get ranges(): readonly bigint[] {
    if (this.#nextRow === this.#firstRow) return [];
    return [this.#range.begin + BigInt(this.#firstRow), this.#range.begin + BigInt(this.#nextRow)];
  }

  /** The batch with its keys. @throws {ImportError} for more rows than keys, and for a file that gives keys itself */
  fill(batch: InsertBatch): InsertBatch {
    if (batch.columns[this.#keyIndex])
      throw new ImportError("schema_mismatch", autoKeyRefused(this.#name), { file: this.#file, field: this.#name });
    const ids = this.#take(batch.rowCount);
    const column = this.#isText ? textColumn(ids) : int64Column(ids);
    return { ...batch, columns: batch.columns.map((old, i) => (i === this.#keyIndex ? column : old)) };
  }

  #take(rows: number): BigInt64Array {
    const ids = new BigInt64Array(rows);
    for (let i = 0; i < rows; i++) {
      while (this.#skipped.delete(this.#nextRow)) this.#nextRow++;
      ids[i] = this.#range.begin + BigInt(this.#nextRow++);
    }
    const last = this.#nextRow - 1;
    if (rows === 0 || ids[rows - 1] < this.#range.end) return ids;
    const behind = Number(this.#range.end - this.#range.begin);
    throw tooFewIds(this.#range, this.#file, Math.min(last, behind));
  }
}

function int64Column(ids: BigInt64Array): Column {
  return { kind: "fixed", width: 8, data: new Uint8Array(ids.buffer), validity: undefined };
}

function textColumn(ids: BigInt64Array): Column {
  const texts = Array.from(ids, String);
  const offsets = new Uint32Array(ids.length + 1);
  for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i] + text.length;
  return { kind: "var", offsets, data: Buffer.from(texts.join(""), "latin1"), validity: undefined };
}
