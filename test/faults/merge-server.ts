import { expect } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { parquetWriteBuffer } from "hyparquet-writer";
import { bookCollection, bookFields, books, type TestClient, type TestServer, useServer } from "../support/index.ts";
import { accountedRecords, storedIsVisible, visibleIn } from "./stored-segments.ts";

const ROWS = 1200;
/** Rows of two megabytes and a half, so that a merge has two tasks. */
const rows = books(ROWS).map((book) => ({ ...book, title: book.title.padEnd(2000, ".") }));
const fields = Object.values({ ...bookFields, title: { ...bookFields.title, maxLength: 4000 } });
const settings = {
  workers: 2,
  compactionInterval: "0s",
  readerGrace: "1s",
  gcGrace: "1s",
  gcInterval: "200ms",
  flushSize: "64KB",
  splitSize: "1MB",
};

/** What the server logs at the end of each step of a merge but its last, in order; by the names that tests give them. */
export const mergeSteps = {
  asked: /merge job submitted/,
  begun: /attempt begins/,
  written: /task persisted/,
  committed: /visible segments changed/,
} as const;

/** What REST answers about merges and their jobs. */
interface Answer {
  readonly code: number;
  readonly message?: string;
  readonly data: { readonly jobId: string; readonly status: string; readonly reason: string };
}

/** A server for all tests of a file, on which a column of prices is merged into collections of books. Made outside of tests. */
export class MergeServer {
  readonly #fixture = useServer(settings);

  /** That runs now. */
  get server(): TestServer {
    return this.#fixture.server;
  }

  /** Of that server. */
  get client(): TestClient {
    return this.#fixture.client;
  }

  /** Kills the server, and starts it again on the same data. */
  restart(): Promise<void> {
    return this.#fixture.restart("kill9");
  }

  /** A collection of all books. */
  async createSource(name: string): Promise<void> {
    await this.client.createCollection(bookCollection(name, { shards: 2, fields }));
    await this.client.importAndWait(name, await this.#fixture.files.jsonl(`${name}.jsonl`, rows));
  }

  /** A file with the price of each book, `factor` times its id; in row groups, of which each task reads those that it needs. */
  writePrices(name: string, factor = 1): Promise<string> {
    const columnData = [
      { name: "id", type: "INT64" as const, data: rows.map(({ id }) => BigInt(id)) },
      { name: "price", type: "INT32" as const, data: rows.map(({ id }) => factor * Number(id)) },
    ];
    return this.#fixture.files.write(
      `${name}.parquet`,
      new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100 })),
    );
  }

  /** Over REST; a refusal is an answer, too. */
  async call(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.#fixture.url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Answer;
  }

  /** Names of all collections that one finds. */
  async names(): Promise<string[]> {
    return (await this.client.raw.showCollections(milvus.ShowCollectionsRequest.fromPartial({}))).collectionNames;
  }

  /** No row of a source is lost. */
  async checkSource(name: string): Promise<void> {
    expect(await this.client.count(name)).toBe(ROWS);
  }

  /** A collection that was made by a merge has all books with their prices, once. */
  async checkWhole(collectionName: string): Promise<void> {
    await this.client.raw.loadCollection(milvus.LoadCollectionRequest.fromPartial({ collectionName }));
    const found = await this.client.query(collectionName, "id >= 0", ["id", "title", "year", "vector", "price"]);
    expect(found).toEqual(rows.map((book) => ({ ...book, price: Number(book.id) })));
  }

  /** Nothing is stored that no visible segment accounts for. Stops the server. @param names of all collections that there are */
  async checkStored(names: readonly string[]): Promise<void> {
    const { dataDir } = this.#fixture;
    await storedIsVisible(dataDir, () => visibleIn(this.client, names), 30_000);
    await this.server.stop();
    const records = await accountedRecords(dataDir);
    expect(records.collections.filter(({ state }) => state === "hidden")).toEqual([]);
  }
}
