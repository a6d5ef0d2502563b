import { mapConcurrent } from "@sluice/async";
import { type Column, type InsertBatch, sliceRows, type VarColumn, varValue } from "@sluice/columns";
import { ImportError, locate } from "@sluice/errors";
import { type CollectionSchema, fixedWidth, functionsOf } from "@sluice/schema";
import type { ModelServers } from "./model-servers.ts";
import { ModelParamError } from "./providers/provider.ts";
import { type EmbeddingCall, shifted, TextModel } from "./text-model.ts";

/** Requests under way at once, for one thread. */
const REQUESTS_AT_ONCE = 4;
/** Vectors of so many rows are in memory at once: a row of twenty bytes may have one of twelve thousand. */
const PART_BYTES = 8 << 20;

interface Embedding {
  readonly input: number;
  readonly output: number;
  readonly fieldName: string;
  readonly width: number;
  readonly model: TextModel;
}

/** The fields that models make of texts: columns in, columns out, by requests for many rows. */
export class EmbeddedFields {
  readonly #embeddings: readonly Embedding[];
  readonly #partRows: number;

  /** @throws {ImportError} `provider_refused` when the settings do not have what a function names */
  constructor(schema: CollectionSchema, servers: ModelServers) {
    const embedding = functionsOf(schema).filter(({ type }) => type === "textembedding");
    this.#embeddings = embedding.map(({ inputId, outputId, params }) => {
      const [input, output] = [inputId, outputId].map((id) => schema.fields.findIndex(({ fieldId }) => fieldId === id));
      const model = modelOf({ params }, schema.fields[output], servers);
      return { input, output, fieldName: schema.fields[input].name, width: fixedWidth(schema.fields[output]), model };
    });
    const width = this.#embeddings.reduce((sum, one) => sum + one.width, 0);
    // Views of 8-byte values must begin at such a byte.
    this.#partRows = width === 0 ? Number.POSITIVE_INFINITY : Math.max(8, Math.floor(PART_BYTES / width) & ~7);
  }

  /** Bytes that a row's vectors take. */
  get rowBytes(): number {
    return this.#embeddings.reduce((sum, { width }) => sum + width, 0);
  }

  /**
   * The rows with their vectors, some at a time; the batch as it is where there is nothing to do. Vectors that are there stay.
   * @throws {ImportError} `value_invalid` for an empty text, `provider_refused`, `provider_unavailable`; rows are those of the batch
   */
  async *parts(batch: InsertBatch, call: EmbeddingCall): AsyncGenerator<InsertBatch> {
    const missing = this.#embeddings.filter(({ output }) => !batch.columns[output]);
    if (missing.length === 0) yield batch;
    else
      for (let from = 0; from < batch.rowCount; from += this.#partRows)
        yield await filled(batch, [from, Math.min(batch.rowCount, from + this.#partRows)], missing, call);
  }

  /** The same at once. */
  async fill(batch: InsertBatch, call: EmbeddingCall): Promise<InsertBatch> {
    const missing = this.#embeddings.filter(({ output }) => !batch.columns[output]);
    return missing.length === 0 ? batch : filled(batch, [0, batch.rowCount], missing, call);
  }
}

/** @throws {ImportError} `provider_refused` */
export function modelOf(...of: ConstructorParameters<typeof TextModel>): TextModel {
  try {
    return new TextModel(...of);
  } catch (error) {
    if (error instanceof ModelParamError) throw new ImportError("provider_refused", error.message);
    throw error;
  }
}

async function filled(
  batch: InsertBatch,
  [from, to]: readonly [number, number],
  missing: readonly Embedding[],
  call: EmbeddingCall,
): Promise<InsertBatch> {
  const columns = batch.columns.map((column) => column && sliceRows(column, from, to));
  for (const { input, output, fieldName, width, model } of missing)
    try {
      columns[output] = await embedded(columns[input] as VarColumn, to - from, { width, model }, call);
    } catch (error) {
      throw locate(shifted(error, from), { field: fieldName });
    }
  const { storedRows } = batch;
  const stored = storedRows && {
    rowIds: sliceRows(storedRows.rowIds, from, to),
    timestamps: sliceRows(storedRows.timestamps, from, to),
  };
  return { ...batch, rowCount: to - from, columns, ...(stored && { storedRows: stored }) };
}

/** Equal texts are asked for once. */
async function embedded(
  column: VarColumn,
  rowCount: number,
  { width, model }: Pick<Embedding, "width" | "model">,
  call: EmbeddingCall,
): Promise<Column> {
  const { texts, firstRows, textOf } = distinct(column, rowCount);
  const vectors = new Uint8Array(texts.length * width);
  const { maxTexts } = model;
  const starts = Array.from({ length: Math.ceil(texts.length / maxTexts) }, (_, i) => i * maxTexts);
  let done = 0;
  const ask = async (start: number, left: AbortSignal) => {
    const end = Math.min(texts.length, start + maxTexts);
    const signal = AbortSignal.any([call.signal, left]);
    try {
      await model.embed(texts.slice(start, end), vectors.subarray(start * width, end * width), { ...call, signal });
      done += end - start;
    } catch (error) {
      throw placed(counted(error, done, texts.length), firstRows, start);
    }
  };
  for await (const _ of mapConcurrent(starts, REQUESTS_AT_ONCE, ask));
  if (texts.length === rowCount) return { kind: "fixed", width, data: vectors, validity: undefined };
  const data = new Uint8Array(rowCount * width);
  for (let row = 0; row < rowCount; row++) {
    const at = textOf[row] * width;
    data.set(vectors.subarray(at, at + width), row * width);
  }
  return { kind: "fixed", width, data, validity: undefined };
}

/** Says how far it got, where a model answers no more. */
function counted(error: unknown, done: number, count: number): unknown {
  if (!(error instanceof ImportError) || error.code !== "provider_unavailable" || count === 1) return error;
  const reason = `${error.reason}; ${done} of ${count} texts had theirs by then`;
  return new ImportError(error.code, reason, error.at, { cause: error });
}

interface Distinct {
  readonly texts: string[];
  /** Of each text the first row that has it. */
  readonly firstRows: number[];
  /** Of each row the number of its text. */
  readonly textOf: Uint32Array;
}

/** Requests are JSON, so each text is a string once. @throws {ImportError} `value_invalid` for an empty one */
function distinct(column: VarColumn, rowCount: number): Distinct {
  const [texts, firstRows, textOf]: [string[], number[], Uint32Array] = [[], [], new Uint32Array(rowCount)];
  const numbers = new Map<string, number>();
  for (let row = 0; row < rowCount; row++) {
    const bytes = varValue(column, row);
    if (bytes.length === 0) throw emptyText(row);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
    let number = numbers.get(text);
    if (number === undefined) {
      number = texts.push(text) - 1;
      numbers.set(text, number);
      firstRows.push(row);
    }
    textOf[row] = number;
  }
  return { texts, firstRows, textOf };
}

function emptyText(row: number): ImportError {
  const reason =
    "there is an empty string in the input data, TextEmbedding function does not support empty text (give the row a text, or leave it out)";
  return new ImportError("value_invalid", reason, { row });
}

/** The number of a text becomes that of the first row that has it. */
function placed(error: unknown, firstRows: readonly number[], start: number): unknown {
  if (!(error instanceof ImportError) || error.at?.row === undefined) return error;
  const row = firstRows[start + error.at.row];
  return new ImportError(error.code, error.reason, { ...error.at, row }, { cause: error });
}
