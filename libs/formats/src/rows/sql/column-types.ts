import { DataType } from "@sluice/schema";
import type { ColumnDescription } from "../../format.ts";
import type { SqlColumn } from "./sql-tables.ts";

type Described = Partial<Pick<ColumnDescription, "dataType" | "elementType" | "dim">>;

const scalars: readonly (readonly [type: RegExp, dataType: DataType])[] = [
  [/^(bool|boolean|tinyint\(1\))/, DataType.Bool],
  [/^(small|big|medium|tiny)?(int|integer|serial)[248]?\b(?!.*unsigned)/, DataType.Int64],
  [/^(real|float|double)/, DataType.Double],
  [/^(numeric|decimal)/, DataType.Double],
  [/^jsonb?\b/, DataType.JSON],
  [/^timestamp.*with time zone|^timestamptz/, DataType.Timestamptz],
  [/^(text|character|varchar|char|uuid|tinytext|mediumtext|longtext|date|time|interval|enum|inet)/, DataType.VarChar],
];
const vectors: readonly (readonly [type: RegExp, dataType: DataType])[] = [
  [/^(?:\w+\.)?vector\((\d+)\)/, DataType.FloatVector],
  [/^(?:\w+\.)?halfvec\((\d+)\)/, DataType.Float16Vector],
  [/^bit\((\d+)\)/, DataType.BinaryVector],
];

/** What a column is by its type in `CREATE TABLE`, where that says more than its values. */
export function describedColumn(column: ColumnDescription, { type }: SqlColumn): ColumnDescription {
  if (type === "") return column;
  const stated = typed(type);
  const found = isText(stated, column.dataType) ? {} : stated;
  const isNullable = !/\bnot null\b|\bprimary key\b/.test(type);
  return {
    ...column,
    ...found,
    type: type.replace(/\s(not null|default|primary key|collate|character set|check|comment)\b[\s\S]*$/, "").trimEnd(),
    isNullable,
  };
}

/** Texts may be lists, as MySQL has vectors; what looks like numbers and words is text all the same. */
function isText({ dataType }: Described, found: ColumnDescription["dataType"]): boolean {
  return dataType === DataType.VarChar && (found === DataType.FloatVector || found === DataType.JSON);
}

function typed(type: string): Described {
  for (const [pattern, dataType] of vectors) {
    const dim = Number(pattern.exec(type)?.[1]);
    if (dim > 0 && (dataType !== DataType.BinaryVector || dim % 8 === 0)) return { dataType, dim };
  }
  if (/^(?:\w+\.)?sparsevec\b/.test(type)) return { dataType: DataType.SparseFloatVector };
  const scalar = scalars.find(([pattern]) => pattern.test(type))?.[1];
  const isArray = /^[\w ()]+\[\]/.test(type) && !/\[\]\[\]/.test(type);
  if (!isArray) return scalar === undefined ? {} : { dataType: scalar };
  const isElement = scalar !== undefined && scalar !== DataType.JSON && scalar !== DataType.Timestamptz;
  return isElement ? { dataType: DataType.Array, elementType: scalar } : { dataType: DataType.VarChar };
}
