import type { Column, InsertBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { QueryAnswer } from "@sluice/fields";
import { type CollectionSchema, type FieldSchema, type KeyRange, primaryKeyIndex } from "@sluice/schema";
import { columnsOfAnswer, outputFieldsOf } from "./answer-columns.ts";
import { inKeyRange } from "./key-text.ts";
import { type MilvusPeer, type PeerRows, TooLarge } from "./milvus-peer.ts";
import { lastKey } from "./page-keys.ts";
import { PageSize } from "./page-size.ts";
import { peerName } from "./peer-place.ts";

/** Which rows of a peer are read, and how many at once. */
export interface PagesInput {
  readonly rows: PeerRows;
  readonly keys: KeyRange;
  /** Of the collection there and here: its fields are read by their names. */
  readonly schema: CollectionSchema;
  /** Bytes of an answer, about. */
  readonly pageBytes: number;
}

/** As pymilvus's iterator has them: each page has the least keys behind the last one, in ascending order. */
const ITERATOR = { iterator: "True", reduce_stop_for_best: "True" };

/**
 * Rows of a peer, by the order of their keys. While a page is taken the next one is asked for, so two are in memory at once, and
 * neither is larger than a message of the peer may be.
 * @throws {ImportError} `peer_unavailable`, `peer_refused`
 */
export async function* readPages(
  peer: MilvusPeer,
  input: PagesInput,
  signal: AbortSignal,
): AsyncGenerator<InsertBatch> {
  const pages = new Pages(peer, input, signal);
  let sourceBytes = 0;
  let page = await pages.next();
  while (page.rowCount > 0) {
    const next = pages.next();
    // It may fail while nobody waits for it.
    next.catch(() => {});
    sourceBytes += page.sizeBytes;
    yield { rowCount: page.rowCount, columns: page.columns, sourceBytes };
    page = await next;
  }
}

interface Page {
  readonly rowCount: number;
  readonly columns: readonly (Column | undefined)[];
  readonly sizeBytes: number;
}

const NO_PAGE: Page = { rowCount: 0, columns: [], sizeBytes: 0 };

class Pages {
  readonly #peer: MilvusPeer;
  readonly #input: PagesInput;
  readonly #signal: AbortSignal;
  readonly #size: PageSize;
  readonly #outputFields: readonly string[];
  readonly #keyIndex: number;
  #after: string | undefined;

  constructor(peer: MilvusPeer, input: PagesInput, signal: AbortSignal) {
    this.#peer = peer;
    this.#input = input;
    this.#signal = signal;
    this.#size = new PageSize(input.pageBytes);
    this.#outputFields = outputFieldsOf(input.schema);
    this.#keyIndex = primaryKeyIndex(input.schema);
    this.#after = input.keys.after;
  }

  /** The next page; one without rows when there are no more. */
  async next(): Promise<Page> {
    const answer = await this.#ask();
    try {
      const page = this.#pageOf(answer);
      if (page.rowCount > 0) this.#size.note(page.rowCount, answer.sizeBytes);
      return page;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const { collectionName } = this.#input.rows;
      const reason = `${peerName(this.#peer.place)} answers for ${collectionName} what cannot be taken: ${error.message}`;
      throw new ImportError("peer_refused", reason, undefined, { cause: error });
    }
  }

  async #ask(): Promise<QueryAnswer> {
    const { rows, keys } = this.#input;
    const filter = inKeyRange(
      this.#key,
      { ...keys, ...(this.#after !== undefined && { after: this.#after }) },
      rows.filter,
    );
    for (;;) {
      const params = { limit: String(this.#size.rows), ...ITERATOR };
      try {
        return await this.#peer.query({ ...rows, filter }, this.#outputFields, params, { signal: this.#signal });
      } catch (error) {
        if (!(error instanceof TooLarge)) throw error;
        if (this.#size.shrink()) continue;
        const reason = `${peerName(this.#peer.place)} has a row of ${rows.collectionName} behind the key ${this.#after ?? "(none)"} that is larger than a message may be: ${error.message}`;
        throw new ImportError("peer_refused", reason);
      }
    }
  }

  get #key(): FieldSchema {
    return this.#input.schema.fields[this.#keyIndex];
  }

  #pageOf(answer: QueryAnswer): Page {
    const { rowCount, columns } = columnsOfAnswer(this.#input.schema, answer);
    if (rowCount === 0) return NO_PAGE;
    const keys = columns[this.#keyIndex] as Column;
    this.#after = lastKey(this.#key, keys, rowCount, this.#after);
    return { rowCount, columns, sizeBytes: answer.sizeBytes };
  }
}
