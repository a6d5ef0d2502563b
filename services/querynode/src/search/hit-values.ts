import { toBuffer } from "@sluice/fields";
import type { OutputPlan } from "@sluice/query";
import { schema, valuesOf } from "@sluice/rpc";
import { answerFields } from "../answer-fields.ts";
import { rowsText } from "../compile-query.ts";
import type { Scalar } from "./compare-scalars.ts";
import { asOfSearch, type SearchCall } from "./search-answer.ts";
import type { Hit } from "./top-hits.ts";

/** What hits have in some fields, as answers show it. @throws {StatusError} 1100 when it is more than an answer holds */
export async function fieldsOfHits(
  hits: readonly Hit[],
  output: OutputPlan,
  { order, collection, timezone, deps }: SearchCall,
): Promise<schema.FieldData[]> {
  const about = { collection, text: rowsText(order, "", {}), output, times: { timezone, timeParts: [] } };
  const { rows, sources } = deps;
  const fields = await answerFields(about, rows, sources.parts, sources.pick(hits), deps).catch(asOfSearch);
  return fields.map((field) => schema.FieldData.decode(toBuffer(field)));
}

/** By position of the field, the value of each hit. @param fields of scalar types */
export async function scalarsOfHits(
  hits: readonly Hit[],
  fields: readonly number[],
  call: SearchCall,
): Promise<ReadonlyMap<number, readonly Scalar[]>> {
  const output = { isCount: false, fields, structs: [], names: [], dynamicKeys: undefined };
  const found = await fieldsOfHits(hits, output, call);
  return new Map(fields.map((field, i) => [field, valuesOf(found[i]) as Scalar[]]));
}

/** The values of a field as hits in buckets have them; undefined where it is null. */
export function shownValues({ field, validData }: schema.FieldData): schema.AggHitField["value"][] {
  const data = field?.$case === "scalars" ? field.value.data : undefined;
  const values = valuesIn(data);
  return validData.length > 0 ? values.map((value, i) => (validData[i] ? value : undefined)) : values;
}

function valuesIn(data: schema.ScalarField["data"]): schema.AggHitField["value"][] {
  switch (data?.$case) {
    case "boolData":
      return Array.from(data.value.data, (value) => ({ $case: "boolVal", value }));
    case "intData":
      return Array.from(data.value.data, (value) => ({ $case: "intVal", value: BigInt(value) }));
    case "longData":
      return Array.from(data.value.data, (value) => ({ $case: "intVal", value }));
    case "floatData":
      return Array.from(data.value.data, (value) => ({ $case: "floatVal", value }));
    case "doubleData":
      return Array.from(data.value.data, (value) => ({ $case: "doubleVal", value }));
    case "stringData":
      return Array.from(data.value.data, (value) => ({ $case: "stringVal", value }));
    case "jsonData":
      return Array.from(data.value.data, (value) => ({ $case: "bytesVal", value }));
    default:
      return [];
  }
}
