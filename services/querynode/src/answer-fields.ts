import type { Turns } from "@sluice/async";
import { type Column, type VarColumn, varValue } from "@sluice/columns";
import { memberIndexes, type Parts, type Rows, structFieldData } from "@sluice/fields";
import { metaProjection } from "@sluice/query";
import { memberName } from "@sluice/schema";
import type { CompiledQuery } from "./compile-query.ts";
import type { SpreadRows } from "./nodes/spread-rows.ts";
import type { RowSet } from "./row-set.ts";
import { AnswerBudget, type StoredPart } from "./segment-rows.ts";
import { takenRows } from "./take-rows.ts";
import { shownData } from "./time-parts.ts";

/** Greatest answer. Source: Milvus `quotaAndLimits.limits.maxOutputSize`. */
export const MAX_ANSWER_BYTES = 100 << 20;

/**
 * The fields of an answer, serialized.
 * @param picked its rows, in order; sources are positions in `parts`
 * @throws {StatusError} 1100 when it would be too large
 */
export async function answerFields(
  { collection, text, output, times }: Pick<CompiledQuery, "collection" | "text" | "output" | "times">,
  from: SpreadRows,
  parts: readonly StoredPart[],
  picked: RowSet,
  { turns, signal }: { readonly turns: Turns; readonly signal: AbortSignal },
): Promise<Parts[]> {
  const { wanted, rows } = takenRows(picked, parts.length);
  const structs = output.structs.map((struct) => ({ struct, indexes: memberIndexes(collection, struct) }));
  const indexes = [...output.fields, ...structs.flatMap((one) => one.indexes)];
  const taken = await from.take(
    parts.map((part, i) => ({ part, rows: wanted[i] })),
    { fields: indexes.map((index) => collection.fields[index]), schema: text.schema },
    { turns, signal, budget: new AnswerBudget(MAX_ANSWER_BYTES) },
  );
  /** The next of the fields that were taken. */
  const next = async (): Promise<Rows & { readonly turns: Turns }> => {
    const field = collection.fields[indexes[indexes.length - taken.length]];
    const columns = taken.shift() as Column[];
    const keys = field.isDynamic ? output.dynamicKeys : undefined;
    if (keys) for (const [i, column] of columns.entries()) columns[i] = await projectColumn(column, keys, turns);
    return { columns, rows, turns };
  };
  const fieldsData: Parts[] = [];
  for (const index of output.fields) fieldsData.push(await shownData(collection.fields[index], await next(), times));
  for (const { struct, indexes: members } of structs) {
    const data: Parts[] = [];
    for (const index of members) {
      const field = collection.fields[index];
      data.push(await shownData(field, await next(), times, memberName(field.name)));
    }
    fieldsData.push(structFieldData(struct, data));
  }
  return fieldsData;
}

/** The `$meta` column with each row's object reduced to some keys. */
async function projectColumn(column: Column, keys: readonly string[], turns: Turns): Promise<VarColumn> {
  const cells = column as VarColumn;
  const rows = cells.offsets.length - 1;
  const project = metaProjection(keys);
  const projected: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    projected.push(project(varValue(cells, row)));
    if (turns.isDue) await turns.next();
  }
  const offsets = new Uint32Array(rows + 1);
  for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + projected[row].length;
  return { kind: "var", offsets, data: Buffer.concat(projected), validity: cells.validity };
}
