import { basename } from "node:path";
import type { ProposedSchema } from "../client/collections.ts";
import type { RestClient } from "../client/rest-client.ts";
import { note } from "../show/tables.ts";
import { collectionsOf, type ReadingOptions, readingOptions, type ServerOptions, throwOfBucket } from "./common.ts";
import type { ImportSpec } from "./import-spec.ts";
import { checkProposed, lostKey } from "./proposed-names.ts";
import { checkVectors, unreadColumns } from "./proposed-vectors.ts";

// The collection that an import is into: made where there is none, and dropped again where nothing came into it.

/** Where rows go, and which files hold them. */
export interface Asked {
  readonly collection: string;
  /** None where the document names them. */
  readonly files: readonly (readonly string[])[];
  readonly spec: ImportSpec | undefined;
}

interface Inspected {
  readonly paths: readonly string[];
  readonly schema: ProposedSchema;
}

/** What it was made as, by what the first file holds; undefined where there was one. @throws {RefusedError} */
export async function createWhereMissing(
  rest: RestClient,
  { collection, files, spec }: Asked,
  options: ServerOptions & ReadingOptions,
): Promise<ProposedSchema | undefined> {
  using collections = await collectionsOf(options);
  if (await collections.has(collection)) return undefined;
  const { files: inspections } = await rest
    .post<{ files: readonly Inspected[] }>("jobs/import/inspect", {
      ...(files.length > 0 && { files: files.slice(0, 1) }),
      options: {
        ...(spec && { options: spec.text }),
        ...readingOptions(options),
      },
    })
    .catch(throwOfBucket);
  const [{ schema, paths }] = inspections;
  checkProposed(schema, options.map);
  // A store is many files, of which none is called as it is.
  const title = basename((paths.length > 1 && files[0]?.[0]) || paths[0]);
  checkVectors(schema, title);
  await collections.create(collection, schema);
  const fields = schema.fields.map(
    ({ fieldName, dataType, isPrimary }) => `${fieldName} ${dataType}${isPrimary ? " (key)" : ""}`,
  );
  for (const reason of unreadColumns(schema)) note(`left out: ${reason}`);
  const lost = lostKey(schema);
  if (lost) note(lost);
  note(`collection ${collection} made from ${title}: ${fields.join(", ")}`);
  return schema;
}

/** What was made for an import that has imported nothing, unless somebody else has begun to fill it meanwhile. */
export async function dropEmpty(
  rest: RestClient,
  { collection }: Asked,
  options: ServerOptions & ReadingOptions,
): Promise<void> {
  using collections = await collectionsOf(options);
  const { rows } = await collections.describe(collection);
  const { records } = await rest.post<{ records: readonly unknown[] }>("jobs/import/list", {
    collectionName: collection,
  });
  if (rows > 0 || records.length > 1) return;
  await collections.drop(collection);
  note(`collection ${collection} dropped again: nothing was imported into it`);
}
