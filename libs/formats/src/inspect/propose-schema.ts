import { DataType, dataTypeName, isVector } from "@sluice/schema";
import type { ColumnDescription } from "../format.ts";
import type { ColumnFacts } from "./column-facts.ts";
import { META } from "./dynamic-name.ts";
import { MAX_CAPACITY, MAX_LENGTH } from "./greatest-sizes.ts";

/** A field in the form of Milvus's REST call `collections/create`, and why it is proposed so. */
export interface ProposedField {
  readonly fieldName: string;
  readonly dataType: string;
  readonly elementDataType?: string;
  readonly isPrimary?: true;
  readonly nullable?: true;
  /** `dim`, `max_length`, `max_capacity`. */
  readonly elementTypeParams?: Readonly<Record<string, string>>;
  readonly evidence: readonly string[];
}

/** A collection that rows as those of the sample would fit. */
export interface ProposedSchema {
  readonly autoId: boolean;
  readonly enableDynamicField: boolean;
  readonly fields: readonly ProposedField[];
  readonly indexParams: readonly {
    readonly fieldName: string;
    readonly metricType: string;
    readonly evidence: string;
  }[];
  /** Fields that would split rows into partitions well. */
  readonly partitionKeyCandidates: readonly string[];
  /** Options that an import into it needs. */
  readonly options?: Readonly<Record<string, string>>;
  /** Columns that no field type takes, or that have no name, as pandas writes its index. */
  readonly unsupported: readonly { readonly column: string; readonly type: string }[];
}

/** A column by its description and by its values. */
export interface SampledColumn extends ColumnDescription {
  readonly facts: ColumnFacts;
}

/** A collection that would take the columns, and what speaks for each part of it. @param hasRest dynamic keys come besides */
export function proposeSchema(all: readonly SampledColumn[], hasRest = false): ProposedSchema {
  // It is the dynamic field's, and none by itself.
  const columns = all.filter(({ name }) => name !== META);
  const usable = columns.filter(isUsable);
  const key = keyOf(usable, all[0]);
  const fields = usable.map((column) => proposedField(column, column === key));
  const made = key ? [] : [automaticKey(columns)];
  return {
    autoId: !key,
    enableDynamicField: hasRest || columns.length < all.length,
    fields: [...made, ...fields],
    indexParams: usable.filter(({ dataType }) => isVector(dataType ?? DataType.None)).map(proposedIndex),
    ...(usable.some(({ isCoerced }) => isCoerced) && { options: { coerce: "true" } }),
    partitionKeyCandidates: usable.filter((column) => column !== key && splitsWell(column)).map(({ name }) => name),
    unsupported: columns.filter((column) => !isUsable(column)).map(({ name, type }) => ({ column: name, type })),
  };
}

function isUsable({ name, dataType }: SampledColumn): boolean {
  return name !== "" && dataType !== undefined;
}

const keyNames = [/^(ids?|pk|_id|key|uuid|guid)$/i, /(^|_)(ids?|pk|key|uuid)$/i, /[a-z]I[Dd]s?$/];
const keyTypes: ReadonlySet<DataType | undefined> = new Set([
  ...[DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64, DataType.VarChar],
]);

/**
 * A column whose values are all there and all different: the one that is called like a key, else integers of the first column. What
 * stands elsewhere, such as ages or times, is different in the rows looked at by chance.
 */
function keyOf(columns: readonly SampledColumn[], first: SampledColumn | undefined): SampledColumn | undefined {
  const unique = columns.filter(
    ({ dataType, facts }) =>
      keyTypes.has(dataType) && facts.nulls === 0 && facts.distinct === facts.rows && facts.rows > 0,
  );
  const named = keyNames.flatMap((pattern) => unique.filter(({ name }) => pattern.test(name)));
  return named[0] ?? unique.find((column) => column === first && column.dataType !== DataType.VarChar);
}

function automaticKey(columns: readonly SampledColumn[]): ProposedField {
  const taken = new Set(columns.map(({ name }) => name));
  const fieldName = ["id", "auto_id", "row_id"].find((name) => !taken.has(name)) ?? "primary_key";
  const evidence = ["no column is surely a key: keys are made"];
  return { fieldName, dataType: "Int64", isPrimary: true, evidence };
}

function proposedField(column: SampledColumn, isKey: boolean): ProposedField {
  const { name, type, elementType, facts } = column;
  const dataType = fieldType(column, isKey);
  const params = typeParams(column, dataType);
  const isNullable = !isKey && (isVector(dataType) ? facts.nulls > 0 : column.isNullable || facts.nulls > 0);
  return {
    fieldName: name,
    dataType: dataTypeName(dataType),
    ...(elementType !== undefined && { elementDataType: dataTypeName(elementType) }),
    ...(isKey && { isPrimary: true as const }),
    ...(isNullable && { nullable: true as const }),
    ...(Object.keys(params).length > 0 && { elementTypeParams: params }),
    evidence: evidenceOf(column, isKey, type),
  };
}

/** Keys are 64-bit integers or text. */
function fieldType({ dataType = DataType.None }: SampledColumn, isKey: boolean): DataType {
  return isKey && dataType !== DataType.VarChar ? DataType.Int64 : dataType;
}

function evidenceOf({ facts, isCoerced }: SampledColumn, isKey: boolean, type: string): string[] {
  const { rows, nulls, distinct, maxLength } = facts;
  return [
    `the files have ${type}`,
    ...(maxLength > 0 ? [`texts of up to ${maxLength} bytes in ${rows} rows looked at`] : []),
    ...(isKey ? [`${rows} rows looked at have ${distinct} different values`] : []),
    ...(isCoerced ? ["integers beyond Int64 are kept as text"] : []),
    ...(nulls > 0 ? [`${nulls} of ${rows} rows looked at have no value`] : []),
  ];
}

/** As much as there may be: what the first rows have says little of the longest text of all, and room that is not used costs nothing. */
function typeParams({ dim, elementType }: SampledColumn, dataType: DataType): Record<string, string> {
  const hasText = dataType === DataType.VarChar || elementType === DataType.VarChar;
  return {
    ...(dim !== undefined && { dim: String(dim) }),
    ...(hasText && { max_length: String(MAX_LENGTH) }),
    ...(dataType === DataType.Array && { max_capacity: String(MAX_CAPACITY) }),
  };
}

function proposedIndex({ name, dataType, facts }: SampledColumn) {
  if (dataType === DataType.BinaryVector) return { fieldName: name, metricType: "HAMMING", evidence: "bits" };
  if (dataType === DataType.SparseFloatVector) return { fieldName: name, metricType: "IP", evidence: "sparse vectors" };
  const [least, greatest] = facts.norms ?? [0, 0];
  const isNormalized = Math.abs(least - 1) < 1e-3 && Math.abs(greatest - 1) < 1e-3;
  const evidence = `norms from ${least.toPrecision(4)} to ${greatest.toPrecision(4)} in ${facts.rows} rows looked at`;
  return { fieldName: name, metricType: isNormalized ? "COSINE" : "L2", evidence };
}

/** Text or integers of which each comes again and again. */
function splitsWell({ dataType, facts }: SampledColumn): boolean {
  const { rows, nulls, distinct } = facts;
  return keyTypes.has(dataType) && nulls === 0 && rows >= 20 && distinct > 1 && 10 * distinct <= rows;
}
