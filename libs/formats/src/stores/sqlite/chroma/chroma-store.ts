import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { SqlDatabase } from "@sluice/sqlite";
import { choose } from "../../choose.ts";
import { JsonLines } from "../../json-lines.ts";
import type { OpenStore, Store } from "../../store.ts";
import { type ChromaCollection, collectionsOf } from "./collections.ts";
import { type GraphFiles, GraphVectors } from "./graph-vectors.ts";
import { Metadata } from "./metadata.ts";
import { QueuedVectors } from "./queue.ts";

/** The files of a segment's folder, by what they hold. */
const names = {
  header: "header.bin",
  elements: "data_level0.bin",
  lengths: "length.bin",
  labels: "index_metadata.pickle",
} as const satisfies Record<keyof GraphFiles, string>;

/**
 * A collection of Chroma: `id`, `embedding`, `document`, `uri` and the members of `metadata`. Vectors are in the queue, with all
 * their bits, until Chroma saves its graph, and then in the files of the graph; where it compares by cosine these hold them with
 * length 1, and their own length beside. Seen with Chroma 1.5.9.
 */
export async function chromaStore(
  db: SqlDatabase,
  ...[sources, options, signal]: Parameters<OpenStore>
): Promise<Store> {
  const collection = choose(await collectionsOf(db), "collection", options);
  const vectors = await vectorsOf(db, collection, sources, signal);
  if (collection.metadata) await checkMetadata(db, collection.metadata, vectors.queued);
  const isRounded = collection.space === "cosine" && vectors.saved !== undefined;
  return {
    notes: isRounded
      ? [
          `${db.path}: '${excerpt(collection.name)}' compares by cosine: vectors are those of Chroma, exact to about 1e-7`,
        ]
      : [],
    rows: () => rowLines(db, collection, vectors),
  };
}

interface Vectors {
  readonly saved: GraphVectors | undefined;
  readonly queued: QueuedVectors;
}

async function vectorsOf(
  db: SqlDatabase,
  { id, vectors, space }: ChromaCollection,
  sources: readonly SourceFile[],
  signal: AbortSignal,
): Promise<Vectors> {
  const files = vectors === undefined ? undefined : graphFiles(sources, vectors);
  const saved = files && (await GraphVectors.open(files, space === "cosine", signal));
  return { saved, queued: await QueuedVectors.of(db, id, (key) => saved?.has(key) ?? false) };
}

/** Undefined while the graph was not saved yet, or where its folder was not given. */
function graphFiles(sources: readonly SourceFile[], segment: string): GraphFiles | undefined {
  const find = (name: string) => sources.find(({ path }) => path.endsWith(`${segment}/${name}`));
  const [header, elements, lengths, labels] = [names.header, names.elements, names.lengths, names.labels].map(find);
  return header && elements && lengths && labels && { header, elements, lengths, labels };
}

/** Rows and their members are in tables that Chroma brings up to date when it is used. */
async function checkMetadata(db: SqlDatabase, segment: string, { lastSeqId }: QueuedVectors): Promise<void> {
  const table = db.table("max_seq_id");
  const [id, seqId] = [table.column("segment_id"), table.column("seq_id")];
  for await (const batch of table.rows())
    for (let row = 0; row < batch.count; row++) {
      const record = batch.record(row);
      const reached = record.value(seqId);
      if (record.value(id) !== segment || !Number.isInteger(reached) || BigInt(reached as number) >= lastSeqId)
        continue;
      const reason = `changes up to ${lastSeqId} wait in Chroma's queue, its tables have those up to ${reached}: open the folder with Chroma once and count the collection`;
      throw new ImportError("unsupported", reason, { file: db.path });
    }
}

async function* rowLines(db: SqlDatabase, collection: ChromaCollection, vectors: Vectors): AsyncGenerator<Uint8Array> {
  const table = db.table("embeddings");
  const [segment, id] = [table.column("segment_id"), table.column("embedding_id")];
  const [lines, metadata] = [new JsonLines(), new Metadata(db)];
  for await (const batch of table.rows()) {
    for (let row = 0; row < batch.count; row++) {
      const record = batch.record(row);
      if (record.value(segment) !== collection.metadata) continue;
      const key = `${record.value(id)}`;
      lines.begin();
      lines.key("id");
      lines.out.text(JSON.stringify(key));
      lines.key("embedding");
      await writeVector(lines, key, vectors, db.path);
      await metadata.write(lines, batch.rowId(row));
      lines.end();
      const text = lines.taken();
      if (text) yield text;
    }
  }
  const rest = lines.taken(true);
  if (rest) yield rest;
}

async function writeVector(lines: JsonLines, id: string, { saved, queued }: Vectors, file: string): Promise<void> {
  if (queued.has(id)) {
    const bytes = await queued.find(id);
    if (bytes) return lines.floats(bytes);
  } else {
    const vector = await saved?.find(id);
    if (vector) return lines.floats(vector.bytes, vector.bytes.length >>> 2, vector.factor);
  }
  const where = saved
    ? "neither in its queue nor in the files of its graph"
    : "not in its queue, and the folders beside chroma.sqlite3 were not given: import the folder that it lies in";
  throw new ImportError("malformed_file", `the vector of '${excerpt(id)}' of Chroma is ${where}`, { file });
}
