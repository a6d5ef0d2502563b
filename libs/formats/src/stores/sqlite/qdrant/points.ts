import { ImportError } from "@sluice/errors";
import type { SqlDatabase } from "@sluice/sqlite";
import { JsonLines } from "../../json-lines.ts";
import { PickledObject, type Unpickled } from "../../pickle/pickled.ts";
import { unpickle } from "../../pickle/unpickle.ts";
import type { Store } from "../../store.ts";

const TABLE = "points";
const MODELS = "qdrant_client.http.models.models";
const POINT = `${MODELS}.PointStruct`;
const SPARSE = `${MODELS}.SparseVector`;
const classes: ReadonlySet<string> = new Set([POINT, SPARSE]);
/** Values inside of values; JSON of a payload has a few. */
const MAX_DEPTH = 64;

/** Whether the database is the collection of a qdrant-client that runs without a server. */
export function isQdrant(db: SqlDatabase): boolean {
  if (!db.hasTable(TABLE)) return false;
  const names = db.table(TABLE).columns.map(({ name }) => name);
  return names.length === 2 && names[0] === "id" && names[1] === "point";
}

/**
 * Points as `qdrant-client` pickles them: `id`, `vector` (or each named vector under its name), and the members of `payload`
 * under that key. Vectors are what was given, also where the collection compares them by cosine; `update_vectors` has stored
 * normalised ones.
 */
export function qdrantPoints(db: SqlDatabase): Store {
  return { notes: [], rows: () => pointLines(db) };
}

async function* pointLines(db: SqlDatabase): AsyncGenerator<Uint8Array> {
  const table = db.table(TABLE);
  const lines = new JsonLines();
  const column = table.column("point");
  for await (const batch of table.rows()) {
    for (let row = 0; row < batch.count; row++) {
      const record = batch.record(row);
      const bytes = record.bytes(column);
      try {
        writePoint(lines, bytes ? unpickle(bytes, classes) : null);
      } catch (error) {
        throw located(error, db.path, batch.rowId(row));
      }
    }
    const text = lines.taken();
    if (text) yield text;
  }
  const rest = lines.taken(true);
  if (rest) yield rest;
}

function located(error: unknown, file: string, rowId: bigint): unknown {
  if (!(error instanceof RangeError)) return error;
  const reason = `row ${rowId} of the table ${TABLE} holds no point that is read: ${error.message}`;
  return new ImportError("malformed_file", reason, { file }, { cause: error });
}

function writePoint(lines: JsonLines, point: Unpickled): void {
  const members = membersOf(point, POINT);
  lines.begin();
  lines.key("id");
  writeJson(lines, members.get("id") ?? null);
  const vector = members.get("vector") ?? null;
  const named: Iterable<readonly [Unpickled, Unpickled]> = vector instanceof Map ? vector : [["vector", vector]];
  for (const [name, value] of named) {
    lines.key(`${name}`);
    writeJson(lines, value);
  }
  lines.key("payload");
  writeJson(lines, members.get("payload") ?? null);
  lines.end();
}

/** What a pydantic object has for members. @throws {RangeError} */
function membersOf(value: Unpickled, className: string): Map<Unpickled, Unpickled> {
  const state = value instanceof PickledObject && value.className === className ? value.state : null;
  const members = state instanceof Map ? state.get("__dict__") : undefined;
  if (members instanceof Map) return members;
  throw new RangeError(`it is no ${className}`);
}

/** @throws {RangeError} for what JSON has no form for */
function writeJson(lines: JsonLines, value: Unpickled, depth = 0): void {
  const { out } = lines;
  if (depth > MAX_DEPTH) throw new RangeError(`values lie deeper than ${MAX_DEPTH} levels in each other`);
  if (typeof value === "number" || typeof value === "bigint") lines.number(value);
  else if (value === null || typeof value === "boolean") out.ascii(String(value));
  else if (typeof value === "string") out.text(JSON.stringify(value));
  else if (Array.isArray(value)) writeList(lines, value, depth);
  else if (value instanceof PickledObject) writeSparse(lines, value, depth);
  else if (value instanceof Map) writeObject(lines, value, depth);
  else throw new RangeError("it holds a value that JSON does not have");
}

function writeList(lines: JsonLines, values: readonly Unpickled[], depth: number): void {
  lines.out.byte(0x5b);
  for (const [i, value] of values.entries()) {
    if (i > 0) lines.out.byte(0x2c);
    writeJson(lines, value, depth + 1);
  }
  lines.out.byte(0x5d);
}

function writeObject(lines: JsonLines, members: Map<Unpickled, Unpickled>, depth: number): void {
  let isFirst = true;
  lines.out.byte(0x7b);
  for (const [key, value] of members) {
    if (!isFirst) lines.out.byte(0x2c);
    isFirst = false;
    lines.out.text(`${JSON.stringify(`${key}`)}:`);
    writeJson(lines, value, depth + 1);
  }
  lines.out.byte(0x7d);
}

/** As sparse vectors are written in JSON. */
function writeSparse(lines: JsonLines, value: PickledObject, depth: number): void {
  const members = membersOf(value, SPARSE);
  writeObject(lines, new Map(["indices", "values"].map((key) => [key, members.get(key) ?? null])), depth);
}
