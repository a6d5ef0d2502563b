import { excerpt, ImportError } from "@sluice/errors";
import type { SqlDatabase, SqlRecord } from "@sluice/sqlite";

/** Ids that changes may be kept for: some 150 bytes each. */
const MAX_IDS = 500_000;
/** Numbers of operations. Source: `chromadb.types.Operation`. */
const [ADD, UPDATE, UPSERT, DELETE] = [0, 1, 2, 3];

/** What the queue says of an id: the change that has its vector, or that it is gone. */
type Change = { readonly seqId: bigint } | "deleted";

/**
 * The changes of one collection that wait in the queue: the graph's files have none of them, all, or some. A later one counts;
 * adding what is there does nothing.
 */
export class QueuedVectors {
  readonly #db: SqlDatabase;
  readonly #changes: ReadonlyMap<string, Change>;
  readonly #finder;
  readonly #vector: number;
  readonly #encoding: number;
  /** Of the last change. */
  readonly lastSeqId: bigint;

  private constructor(db: SqlDatabase, changes: ReadonlyMap<string, Change>, lastSeqId: bigint) {
    const table = db.table("embeddings_queue");
    this.#db = db;
    this.#changes = changes;
    this.#finder = table.finder();
    this.#vector = table.column("vector");
    this.#encoding = table.column("encoding");
    this.lastSeqId = lastSeqId;
  }

  /** @param isSaved whether the graph has the id @throws {ImportError} `malformed_file`, `unsupported` */
  static async of(db: SqlDatabase, collectionId: string, isSaved: (id: string) => boolean): Promise<QueuedVectors> {
    const table = db.table("embeddings_queue");
    const [operation, topic, id, vector] = ["operation", "topic", "id", "vector"].map((name) => table.column(name));
    const changes = new Map<string, Change>();
    let lastSeqId = 0n;
    for await (const batch of table.rows())
      for (let row = 0; row < batch.count; row++) {
        const record = batch.record(row);
        if (!`${record.value(topic)}`.endsWith(`/${collectionId}`)) continue;
        lastSeqId = batch.rowId(row);
        const key = `${record.value(id)}`;
        const change = changeOf(Number(record.value(operation)), !record.isNull(vector), lastSeqId);
        const isThere = changes.has(key) ? changes.get(key) !== "deleted" : isSaved(key);
        if (change && !(Number(record.value(operation)) === ADD && isThere)) changes.set(key, change);
        if (changes.size > MAX_IDS) throw tooMany(db.path);
      }
    return new QueuedVectors(db, changes, lastSeqId);
  }

  /** Whether the queue has what counts of an id. */
  has(id: string): boolean {
    return this.#changes.has(id);
  }

  /** The vector of an id in float32, borrowed; undefined for one that is gone. @throws {ImportError} `malformed_file`, `unsupported` */
  async find(id: string): Promise<Uint8Array | undefined> {
    const change = this.#changes.get(id);
    if (change === undefined || change === "deleted") return undefined;
    return this.#bytes(await this.#finder.find(change.seqId), id);
  }

  #bytes(record: SqlRecord | undefined, id: string): Uint8Array | undefined {
    const encoding = record?.value(this.#encoding);
    if (encoding === "FLOAT32") return record?.bytes(this.#vector);
    const reason = `the vector of '${excerpt(id)}' in Chroma's queue is encoded as ${excerpt(`${encoding}`)}, not FLOAT32`;
    throw new ImportError("unsupported", reason, { file: this.#db.path });
  }
}

/** Undefined for what changes no vector. */
function changeOf(operation: number, hasVector: boolean, seqId: bigint): Change | undefined {
  if (operation === DELETE) return "deleted";
  return hasVector && [ADD, UPDATE, UPSERT].includes(operation) ? { seqId } : undefined;
}

function tooMany(file: string): ImportError {
  const reason = `Chroma's queue has changes of more than ${MAX_IDS} ids: purge it first (chroma vacuum)`;
  return new ImportError("unsupported", reason, { file });
}
