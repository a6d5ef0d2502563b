import { dataTypeName, type FieldSchema } from "@sluice/schema";

// Why a list is no vector of its field. Source: import semantics §12.

/** @param expected elements of the list @param found as much as is known of how many there are */
export function wrongLengthWords({ name, dataType, dim }: FieldSchema, expected: number, found: string): string {
  const lengths = `length of vector is not aligned: expected ${expected} but got ${found}`;
  return `${lengths}, data type: ${dataTypeName(dataType)}; expected dim '${dim}' for field '${name}'`;
}

/** In Milvus's words. @param shown the element, cut */
export function wrongElementWords({ name, dataType }: FieldSchema, shown: string): string {
  return `expected finite elements in range for field '${name}' with type '${dataTypeName(dataType)}', got value '${shown}'`;
}

/** In Milvus's words. */
export function nullElementWords({ name }: FieldSchema): string {
  return `the vector of field '${name}' contains a null element`;
}
