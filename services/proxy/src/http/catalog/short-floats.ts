import type { schema } from "@sluice/rpc";
import { shortFloat } from "@sluice/values";

/** A column whose floats of 32 bits are doubles with their shortest text, a column at a time. Doubles and texts stay as they are. */
export function withShortFloats(column: schema.FieldData): schema.FieldData {
  switch (column.field?.$case) {
    case "scalars":
      return { ...column, field: { $case: "scalars", value: shortScalars(column.field.value) } };
    case "vectors":
      return { ...column, field: { $case: "vectors", value: shortVectors(column.field.value) } };
    case "structArrays":
      return {
        ...column,
        field: { $case: "structArrays", value: { fields: column.field.value.fields.map(withShortFloats) } },
      };
    default:
      return column;
  }
}

function shortScalars(field: schema.ScalarField): schema.ScalarField {
  switch (field.data?.$case) {
    case "floatData":
      return { data: { $case: "floatData", value: { data: shortNumbers(field.data.value.data) } } };
    case "arrayData": {
      const { value } = field.data;
      return { data: { $case: "arrayData", value: { ...value, data: value.data.map(shortScalars) } } };
    }
    default:
      return field;
  }
}

function shortVectors(field: schema.VectorField): schema.VectorField {
  switch (field.data?.$case) {
    case "floatVector":
      return { ...field, data: { $case: "floatVector", value: { data: shortNumbers(field.data.value.data) } } };
    case "vectorArray": {
      const { value } = field.data;
      return { ...field, data: { $case: "vectorArray", value: { ...value, data: value.data.map(shortVectors) } } };
    }
    default:
      return field;
  }
}

/** Numbers come as a typed array of 32 bits, which would round them again. */
function shortNumbers(floats: ArrayLike<number>): number[] {
  const short = new Float64Array(floats.length);
  for (let i = 0; i < floats.length; i++) short[i] = shortFloat(floats[i]);
  return short as unknown as number[];
}
