import { isNull, varValue } from "@sluice/columns";
import type { SourceFile } from "@sluice/object-store";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import { parquetFormat } from "../columnar/parquet/index.ts";
import { planFields } from "../plan-fields.ts";
import type { DeltaAction, DeltaLog } from "./delta-log.ts";

const BATCH_BYTES = 4 << 20;
const names = ["add", "remove", "metaData", "protocol"] as const;

/** Applies the actions of a checkpoint, or of one part of it. @throws {ImportError} */
export async function applyCheckpoint(log: DeltaLog, source: SourceFile, signal: AbortSignal): Promise<void> {
  const plan = planFields(schema, { fold_extra_columns: "false" });
  await using reader = parquetFormat.open({ sources: [source], plan, options: {} });
  for await (const { columns, rowCount } of reader.batches({ batchBytes: BATCH_BYTES, signal })) {
    for (let row = 0; row < rowCount; row++) {
      const members = names.map((name, i) => {
        const column = columns[i];
        const isThere = column?.kind === "var" && !isNull(column, row);
        return [name, isThere ? JSON.parse(Buffer.from(varValue(column, row)).toString()) : null] as const;
      });
      log.apply(Object.fromEntries(members) as DeltaAction);
    }
  }
}

/** Each kind of action is a column of structs. */
const schema: CollectionSchema = {
  name: "checkpoint",
  fields: names.map(
    (name, i): FieldSchema => ({
      ...{ fieldId: 100 + i, name, dataType: DataType.JSON, elementType: DataType.None, dim: 0, nullable: true },
      ...{ isPrimaryKey: false, isPartitionKey: false, autoId: false, isDynamic: false, isFunctionOutput: false },
      ...{ defaultValue: undefined, maxLength: 0, maxCapacity: 0, typeParams: {} },
    }),
  ),
  structs: [],
  enableDynamicField: false,
  allowInsertAutoId: false,
  timezone: "UTC",
};
