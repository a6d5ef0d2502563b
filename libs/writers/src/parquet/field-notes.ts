import { type CollectionSchema, dataTypeName } from "@sluice/schema";

/**
 * What each column was, for whoever makes a collection of the file again: JSON, geometries and times are text in it, and vectors
 * other than of floats lists of bytes. Annotations of Parquet would say it too, but Milvus takes text with that of JSON for bytes.
 */
export function fieldNotes({ fields }: CollectionSchema): string {
  const notes = fields.map(({ name, dataType, elementType, dim }) => {
    const element = elementType > 0 && { elementType: dataTypeName(elementType) };
    return [name, { dataType: dataTypeName(dataType), ...element, ...(dim > 0 && { dim }) }] as const;
  });
  return JSON.stringify(Object.fromEntries(notes));
}
