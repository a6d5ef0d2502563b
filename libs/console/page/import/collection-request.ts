import type { ProposedSchema } from "../api/types.ts";

/** Body of `collections/create` for a collection as `jobs/import/inspect` proposes it, with its indexes. */
export function createRequestOf(collectionName: string, proposed: ProposedSchema): object {
  const { autoId, enableDynamicField, fields, indexParams } = proposed;
  return {
    collectionName,
    schema: { autoId, enableDynamicField, fields: fields.map(({ evidence: _, ...field }) => field) },
    indexParams: indexParams.map(({ fieldName, metricType }) => ({ fieldName, metricType, indexType: "AUTOINDEX" })),
  };
}
