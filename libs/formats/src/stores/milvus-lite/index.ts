import { DataType } from "@sluice/schema";
import type { ColumnDescription, Format } from "../../format.ts";
import { TABLE_OPTION } from "../choose.ts";
import { type LiteField, liteFiles } from "./lite-files.ts";
import { LiteReader } from "./lite-reader.ts";

/** A folder of Milvus Lite 3, or of one of its collections: found by its notes, since the files alone do not tell which rows count. */
export const milvusLiteFormat: Format = {
  name: "milvus-lite",
  title: "Milvus Lite",
  extensions: [],
  grouping: "columns",
  rangeUnit: undefined,
  optionKeys: [TABLE_OPTION],
  describe: async (sources, signal, options = {}) => {
    const { fields, hasMeta } = await liteFiles(sources, options, signal);
    const meta: LiteField[] = hasMeta ? [{ name: "$meta", dtype: "json", nullable: true }] : [];
    return { rowCount: undefined, columns: [...fields, ...meta].map(columnOf) };
  },
  probe: async ({ sources, options }, signal) => {
    await liteFiles(sources, options, signal);
    const extent = sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { rowCount: undefined, cuts: "nowhere", extent };
  },
  open: (input) => new LiteReader(input),
};

const types: Readonly<Record<string, DataType>> = {
  ...{ bool: DataType.Bool, int8: DataType.Int8, int16: DataType.Int16, int32: DataType.Int32, int64: DataType.Int64 },
  ...{ float: DataType.Float, double: DataType.Double, varchar: DataType.VarChar, json: DataType.JSON },
  ...{ array: DataType.Array, float_vector: DataType.FloatVector, binary_vector: DataType.BinaryVector },
  ...{ float16_vector: DataType.Float16Vector, bfloat16_vector: DataType.BFloat16Vector },
  ...{ int8_vector: DataType.Int8Vector, sparse_float_vector: DataType.SparseFloatVector },
};

function columnOf({ name, dtype, nullable, dim, element_type }: LiteField): ColumnDescription {
  const elementType = typeof element_type === "string" ? types[element_type] : undefined;
  return {
    ...{ name, type: dtype, dataType: types[dtype], isNullable: nullable === true },
    ...(elementType !== undefined && { elementType }),
    ...(typeof dim === "number" && { dim }),
  };
}
