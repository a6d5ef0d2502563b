import { columnBytes, isNull, type VarColumn, varValue } from "@sluice/columns";
import { LevelRuns, type TableChunk, type TablePage } from "@sluice/parquet";
import { type DataType, type FieldSchema, vectorBytes } from "@sluice/schema";
import { decodeVectorArrayCell } from "@sluice/values";
import { ByteWriter } from "../byte-writer.ts";
import { rowRanges } from "./flat-chunk.ts";
import { ListElements } from "./list-elements.ts";
import { byteDictionary, itemsOf, pageValues } from "./vector-chunk.ts";

/** Cells are small beside what their elements become. */
const PAGE_BYTES = 1 << 20;
/** Definition levels of a list: null, and empty. */
const [NULL, EMPTY] = [0, 1];

/** Lists of scalars. @param level of a value: one more below each group that may be null */
export function listChunk({ elementType }: FieldSchema, column: VarColumn, rowCount: number, level: 3 | 4): TableChunk {
  return { pages: pages(), compression: "zstd" };

  function* pages(): Generator<TablePage> {
    for (const [from, to] of rowRanges(rowCount, columnBytes(column, rowCount), PAGE_BYTES)) {
      const elements = new ListElements(elementType);
      const levels = new ListLevels(level);
      for (let row = from; row < to; row++) {
        if (isNull(column, row)) levels.addNull();
        else levels.add(elements.add(varValue(column, row)), 1);
      }
      yield { ...levels.finish(), values: [elements.finish()] };
    }
  }
}

/** Lists of vectors, which are members of structs. */
export function vectorListChunk(field: FieldSchema, column: VarColumn, rowCount: number): TableChunk {
  const { elementType, dim } = field;
  return { ...byteDictionary(elementType), pages: pages(), compression: "none" };

  function* pages(): Generator<TablePage> {
    for (const [from, to] of rowRanges(rowCount, columnBytes(column, rowCount), PAGE_BYTES))
      yield vectorListPage(elementType, dim, column, from, to);
  }
}

function vectorListPage(type: DataType, dim: number, column: VarColumn, from: number, to: number): TablePage {
  const bytes = new ByteWriter();
  const levels = new ListLevels(6);
  for (let row = from; row < to; row++) {
    if (isNull(column, row)) levels.addNull();
    else {
      const vectors = decodeVectorArrayCell(type, dim, varValue(column, row));
      bytes.bytes(vectors);
      levels.add(vectors.length / vectorBytes(type, dim), itemsOf(type, dim));
    }
  }
  return { ...levels.finish(), values: pageValues(type, bytes.written) };
}

/** Levels of lists, or of lists of lists of `items` each. */
class ListLevels {
  readonly #level: number;
  readonly #repetitions = new LevelRuns();
  readonly #definitions = new LevelRuns();
  #count = 0;

  constructor(level: number) {
    this.#level = level;
  }

  addNull(): void {
    this.#addOne(NULL);
  }

  add(length: number, items: number): void {
    if (length === 0) {
      this.#addOne(EMPTY);
      return;
    }
    for (let i = 0; i < length; i++) {
      this.#repetitions.add(i === 0 ? 0 : 1, 1);
      this.#repetitions.add(2, items - 1);
    }
    this.#definitions.add(this.#level, length * items);
    this.#count += length * items;
  }

  #addOne(level: number): void {
    this.#repetitions.add(0, 1);
    this.#definitions.add(level, 1);
    this.#count++;
  }

  finish() {
    return { levels: [this.#repetitions.finish(), this.#definitions.finish()], valueCount: this.#count };
  }
}
