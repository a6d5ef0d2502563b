import type { ImportError } from "@sluice/errors";
import type { Pages } from "./pages.ts";
import { PageCount, type PageKind, Payloads, pageKinds } from "./payloads.ts";
import { SqlRecord } from "./record.ts";
import { type CellRun, cellsOf } from "./tree-walk.ts";
import { signedVarint } from "./varint.ts";

/** Bytes of rows that go on in other pages: no more of them are held at a time. */
const BATCH_BYTES = 1 << 20;

/** Rows that follow each other, borrowed until the next ones are asked for. */
export class RowBatch {
  readonly #record: SqlRecord;
  readonly #buffers: Uint8Array[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #rowIds: bigint[] = [];
  readonly #damaged: (detail: string) => ImportError;
  count = 0;

  constructor(pages: Pages, page: number) {
    this.#record = new SqlRecord(pages.encoding);
    this.#damaged = (detail) => pages.damaged(detail, page);
  }

  /** Borrows the bytes. */
  add({ bytes, start, end }: Payloads, rowId: bigint): void {
    const { count } = this;
    [this.#buffers[count], this.#starts[count], this.#ends[count], this.#rowIds[count]] = [bytes, start, end, rowId];
    this.count++;
  }

  /** 0 in indexes. */
  rowId(row: number): bigint {
    return this.#rowIds[row];
  }

  /** Opened on a row, until the next one is asked for. @throws {ImportError} `malformed_file` */
  record(row: number): SqlRecord {
    this.#record.open(this.#buffers[row], this.#starts[row], this.#ends[row], this.#damaged);
    return this.#record;
  }
}

/** Rows of a table in the order of their ids, or of an index in that of its keys. */
export async function* rowsOf(pages: Pages, root: number, leaf: PageKind): AsyncGenerator<RowBatch> {
  const walk = new RowWalk(pages, leaf === pageKinds.tableLeaf);
  for await (const run of cellsOf(pages, root, leaf, walk.pageCount)) yield* walk.batches(run);
}

class RowWalk {
  readonly pageCount: PageCount;
  readonly #pages: Pages;
  readonly #payloads: Payloads;
  readonly #hasIds: boolean;
  #lastId: bigint | undefined;

  constructor(pages: Pages, hasIds: boolean) {
    this.pageCount = new PageCount(pages);
    this.#pages = pages;
    this.#payloads = new Payloads(pages);
    this.#hasIds = hasIds;
  }

  async *batches({ page, first, count }: CellRun): AsyncGenerator<RowBatch> {
    const payloads = this.#payloads;
    let batch = new RowBatch(this.#pages, page.number);
    let held = 0;
    for (let i = first; i < first + count; i++) {
      const reading = payloads.read(page, i, this.pageCount);
      // Before anything else may fail: nobody would hear of its own failure.
      if (reading) {
        await reading;
        held += payloads.end;
      }
      batch.add(payloads, this.#hasIds ? this.#nextId(page, payloads) : 0n);
      if (held < BATCH_BYTES) continue;
      yield batch;
      batch = new RowBatch(this.#pages, page.number);
      held = 0;
    }
    if (batch.count > 0) yield batch;
  }

  /** Ids ascend: a page that stands in two places, or is another's, gives none twice. */
  #nextId({ number, bytes }: CellRun["page"], { rowIdAt, rowIdEnd }: Payloads): bigint {
    const id = signedVarint(bytes, rowIdAt, rowIdEnd);
    if (this.#lastId !== undefined && id <= this.#lastId)
      throw this.#pages.damaged(`row ${id} stands behind row ${this.#lastId}`, number, rowIdAt);
    this.#lastId = id;
    return id;
  }
}
