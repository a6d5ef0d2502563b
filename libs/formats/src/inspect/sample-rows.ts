import { completeBatch } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { type CanonicalRow, canonicalRows } from "../canonical-rows.ts";
import { FolderPlan, type Folders } from "../folder-values.ts";
import type { ColumnDescription } from "../format.ts";
import { formatNamed } from "../format-list.ts";
import { planFields } from "../plan-fields.ts";
import { MAX_CAPACITY, MAX_LENGTH } from "./greatest-sizes.ts";

/** Rows that are looked at, and decoded bytes of them, about. */
const SAMPLE_ROWS = 1000;
const SAMPLE_BYTES = 1 << 20;

/** The first rows of a source. */
export interface RowSample {
  readonly rows: readonly CanonicalRow[];
  /** Rows of the sample that fit no field of the guessed types. */
  readonly rejected: readonly ImportError[];
  /** Bytes of the source per row, about; undefined without rows. */
  readonly bytesPerRow: number | undefined;
}

/** What rows are read as. */
export interface SampledAs {
  readonly columns: readonly ColumnDescription[];
  readonly options: Readonly<Record<string, string>>;
  readonly folders: Folders;
}

/**
 * The first rows, read as an import would read them into fields of the described types.
 * @throws {ImportError} what reading would refuse
 */
export async function sampleRows(
  format: string,
  sources: readonly SourceFile[],
  { columns, options, folders }: SampledAs,
  signal: AbortSignal,
): Promise<RowSample> {
  const schema = guessedSchema(columns);
  const values = new FolderPlan(planFields(schema, options), options, [folders]).valuesOf(folders);
  const plan = planFields(schema, options, values);
  await using reader = formatNamed(format).open({ sources, plan, options });
  const rejected: ImportError[] = [];
  const rows: CanonicalRow[] = [];
  let bytesPerRow: number | undefined;
  const onReject = ({ error }: { readonly error: ImportError }) => void rejected.push(error);
  for await (const batch of reader.batches({ batchBytes: SAMPLE_BYTES, signal, onReject })) {
    const rowCount = Math.min(batch.rowCount, SAMPLE_ROWS);
    bytesPerRow = batch.sourceBytes / (batch.rowCount + rejected.length);
    rows.push(...canonicalRows(plan.schema, { ...completeBatch(plan.schema, batch), rowCount }));
    break;
  }
  return { rows, rejected, bytesPerRow };
}

/** Every column that some field type takes, as such a field; any of them may be missing from a row. */
function guessedSchema(columns: readonly ColumnDescription[]): CollectionSchema {
  const fields = columns.flatMap((column, i) => (column.dataType === undefined ? [] : [guessedField(column, 100 + i)]));
  if (fields.length === 0) throw new ImportError("schema_mismatch", nothingFor(columns));
  const rest = { structs: [], enableDynamicField: false, allowInsertAutoId: false, timezone: "UTC" };
  return { name: "inspected", fields, ...rest };
}

function nothingFor(columns: readonly ColumnDescription[]): string {
  if (columns.length === 0) return "the file has no rows, and so nothing that a field could be made for";
  const types = columns.slice(0, 8).map(({ name, type }) => `"${name}" (${type})`);
  return `no column has a type that a field could take: ${types.join(", ")}`;
}

function guessedField(column: ColumnDescription, fieldId: number): FieldSchema {
  const { name, dataType = DataType.None, elementType = DataType.None, dim = 0 } = column;
  return {
    ...{ fieldId, name, dataType, elementType, dim, nullable: true },
    ...{ isPrimaryKey: false, isPartitionKey: false, autoId: false, isDynamic: false, isFunctionOutput: false },
    ...{ defaultValue: undefined, maxLength: MAX_LENGTH, maxCapacity: MAX_CAPACITY, typeParams: {} },
  };
}
