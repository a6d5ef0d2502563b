import { type Column, type InsertBatch, type VarColumn, varValue } from "@sluice/columns";
import { dropRepeatedKeys, skipBlanks } from "@sluice/values";
import type { FieldPlan } from "./plan/field-plan.ts";

const CLOSE = 0x7d; // }
const COMMA = 0x2c;

/**
 * The batch whose `$meta` has the keys that folders give (`FolderValues.meta`). Where a row has such a key itself, its own
 * value stays. The batch itself when there are none.
 */
export function withFolderKeys({ schema, options }: FieldPlan, batch: InsertBatch): InsertBatch {
  const { folderKeys } = options;
  const index = schema.fields.findIndex((field) => field.isDynamic);
  if (folderKeys === undefined || index < 0) return batch;
  const own = batch.columns[index];
  const columns = [...batch.columns];
  columns[index] =
    own?.kind === "var" ? extended(own, batch.rowCount, folderKeys) : repeated(folderKeys, batch.rowCount);
  return { ...batch, columns };
}

function repeated(cell: Uint8Array, rowCount: number): Column {
  const data = new Uint8Array(cell.length * rowCount);
  for (let row = 0; row < rowCount; row++) data.set(cell, row * cell.length);
  return {
    kind: "var",
    data,
    offsets: Uint32Array.from({ length: rowCount + 1 }, (_, row) => row * cell.length),
    validity: undefined,
  };
}

/** Keys come first: of repeated ones the last stays. */
function extended(own: VarColumn, rowCount: number, cell: Uint8Array): Column {
  const data = new Uint8Array(own.offsets[rowCount] - own.offsets[0] + rowCount * cell.length);
  const offsets = new Uint32Array(rowCount + 1);
  let end = 0;
  for (let row = 0; row < rowCount; row++) {
    const start = end;
    const value = varValue(own, row);
    const rest = skipBlanks(value, skipBlanks(value, 0, value.length) + 1, value.length);
    data.set(cell, end);
    end += cell.length;
    if (value[rest] !== CLOSE) {
      data[end - 1] = COMMA;
      data.set(value.subarray(rest), end);
      end += value.length - rest;
      end = dropRepeatedKeys(data, start, end);
    }
    offsets[row + 1] = end;
  }
  return { kind: "var", data: data.subarray(0, end), offsets, validity: undefined };
}
