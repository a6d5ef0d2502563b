import type { CollectionRecord } from "@sluice/catalog";
import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { type common, type milvus, okStatus, schema as wire } from "@sluice/rpc";
import { type DataType, isVector } from "@sluice/schema";
import { withNewFields, withNewStruct } from "./added-fields.ts";
import type { Catalog } from "./catalog.ts";
import { withChangedField } from "./changed-field.ts";
import { isReservedName } from "./check-schema.ts";
import { checkSchemaBytes } from "./check-sizes.ts";
import { isLoaded } from "./collections.ts";
import type { DdlDeps } from "./ddl-deps.ts";
import { withoutDropped } from "./dropped-field.ts";
import type { RootCoordHandlers } from "./handlers.ts";
import type { DdlLimits } from "./limits.ts";
import { type Pairs, toPairs } from "./pairs.ts";
import { collectionLoaded, invalid, jobsOpen } from "./refusals.ts";
import { columnsOf, decodeSchema, withNextVersion } from "./stored-schema.ts";

/**
 * Fields added to a collection, changed in it or dropped, while it has rows. No row is written anew: readers take the default, else
 * null, for a field that a segment lacks, and leave what it has of dropped ones. A job keeps the schema of its creation. Source:
 * around-import §4.1, §4.2.
 */
export class SchemaChanges {
  readonly #catalog: Catalog;
  readonly #deps: DdlDeps;

  constructor(catalog: Catalog, deps: DdlDeps) {
    this.#catalog = catalog;
    this.#deps = deps;
  }

  /** @throws {StatusError} 100, 800, 1100, 1701 */
  async addField(request: milvus.AddCollectionFieldRequest): Promise<common.Status> {
    const field = parseField(request.schema);
    const { limits } = this.#deps;
    return this.#change(request, (record) => {
      checkAddition(field, record, limits);
      return withNewFields(record, [field], limits);
    });
  }

  /** @throws {StatusError} 100, 800, 1100, 1701 */
  async addStructField(request: milvus.AddCollectionStructFieldRequest): Promise<common.Status> {
    const struct = request.structArrayFieldSchema;
    if (!struct) throw invalid("the request has no struct array field");
    if (!struct.nullable) throw notNullable(struct.name);
    return this.#change(request, (record) => withNewStruct(record, struct, this.#deps.limits));
  }

  /** Sets or deletes parameters of a field. Rows that are there are not checked. @throws {StatusError} 100, 104, 800, 1100 */
  async alterField(request: milvus.AlterCollectionFieldRequest): Promise<common.Status> {
    const { fieldName, deleteKeys } = request;
    const set = toPairs(request.properties).map(([key, value]) => [ownKey(key), value] as const);
    const change = { fieldName, set, deleted: deleteKeys.map(ownKey) };
    return this.#change(request, (record) => {
      if (isLoaded(record) && asksForRelease(change.set, change.deleted))
        throw collectionLoaded(record.name, "can not alter collection field properties if collection loaded");
      return withChangedField(record, change, this.#deps.limits);
    });
  }

  /** Adds a field as `addField`, or drops one, or a function. @throws {StatusError} 10, 100, 800, 1100, 1701 */
  async alterSchema(request: milvus.AlterCollectionSchemaRequest): Promise<milvus.AlterCollectionSchemaResponse> {
    const op = request.action?.op;
    if (!op) throw invalid("action is nil");
    if (op.$case === "dropRequest") return { alterStatus: await this.#drop(request, op.value) };
    const schema = wire.FieldSchema.encode(fieldToAdd(op.value)).finish();
    return { alterStatus: await this.addField({ ...request, schema: Buffer.from(schema) }) };
  }

  async #drop(
    request: milvus.AlterCollectionSchemaRequest,
    dropped: milvus.AlterCollectionSchemaRequest_DropRequest,
  ): Promise<common.Status> {
    return this.#change(request, (record) => {
      const next = withoutDropped(record, dropped);
      // What a job writes has the schema of its creation: values that somebody gave it would be gone unseen.
      const [open] = this.#deps.openJobs(record.collectionId);
      if (open !== undefined) throw jobsOpen(record.name, open);
      return next;
    });
  }

  async #change(
    { dbName, collectionName }: Pick<milvus.AddCollectionFieldRequest, "dbName" | "collectionName">,
    next: (
      record: CollectionRecord,
    ) => Pick<CollectionRecord, "declaredSchema" | "storedSchema"> & Partial<CollectionRecord>,
  ): Promise<common.Status> {
    const updatedTs = await this.#deps.tso.allocate(1);
    await this.#catalog.changeCollection(dbName, collectionName, (record) => {
      const changed = next(record);
      const forms = withNextVersion(changed);
      checkSchemaBytes(Buffer.from(forms.declaredSchema, "base64"));
      return { ...record, ...changed, ...forms, updatedTs };
    });
    return okStatus();
  }
}

/** @throws {StatusError} 1100 for bytes that are no FieldSchema */
function parseField(bytes: Uint8Array): wire.FieldSchema {
  try {
    return wire.FieldSchema.decode(bytes);
  } catch (error) {
    const refusal = invalid("the field cannot be parsed: its bytes are no FieldSchema message");
    refusal.cause = error;
    throw refusal;
  }
}

/** What a field must be to be added, beside what every field must be. */
function checkAddition(field: wire.FieldSchema, record: CollectionRecord, limits: DdlLimits): void {
  const name = excerpt(field.name);
  const columns = columnsOf(decodeSchema(record.declaredSchema));
  const isVectorField = isVector(field.dataType as DataType);
  if (columns.length >= limits.maxFields)
    throw invalid(`The number of fields has reached the maximum value ${limits.maxFields}`);
  if (isReservedName(field.name)) throw invalid(`not support to add system field, field name = ${name}`);
  if (field.isPrimaryKey) throw invalid(`not support to add pk field, field name = ${name}`);
  // Two blanks, as in Milvus.
  if (field.isPartitionKey) throw invalid(`not support to add partition key field, field name  = ${name}`);
  if (field.autoID) throw invalid(`only primary field can speficy AutoID with true, field name = ${name}`);
  if (!field.nullable) throw notNullable(name);
  if (isVectorField && field.typeParams.length === 0 && field.dataType !== wire.DataType.SparseFloatVector)
    throw invalid(`vector field must have dimension specified, field name = ${name}`);
  if (columns.some((column) => column.name === field.name)) throw invalid(`duplicated field name ${name}`);
}

function notNullable(name: string) {
  return invalid(`added field must be nullable, please check it, field name = ${excerpt(name)}`);
}

/** Clients in Python write this key with a line. */
function ownKey(key: string): string {
  return key === "mmap_enabled" ? "mmap.enabled" : key;
}

function asksForRelease(set: Pairs, deleted: readonly string[]): boolean {
  return [...set.map(([key]) => key), ...deleted].some((key) => key === "mmap.enabled" || key.startsWith("warmup"));
}

/** @throws {StatusError} 10 for a function, whose values of all rows would have to be computed; 1100 for another number of fields */
function fieldToAdd(request: milvus.AlterCollectionSchemaRequest_AddRequest): wire.FieldSchema {
  if (request.funcSchema.length > 0) {
    const instead = "declare functions when a collection is made, and copy the rows by an export and an import";
    throw new StatusError(
      statusCodes.unimplemented,
      `functions are not added to collections by this server: ${instead}`,
    );
  }
  const [info, ...more] = request.fieldInfos;
  if (!info?.fieldSchema || more.length > 0) throw invalid("exactly one field is added by a call");
  return info.fieldSchema;
}

/** Calls that `schemaChangeHandlers` answers. */
export type SchemaChangeMethod =
  | "addCollectionField"
  | "addCollectionStructField"
  | "alterCollectionField"
  | "alterCollectionSchema";

/** What the rootcoord answers with them. */
export function schemaChangeHandlers(changes: SchemaChanges): Pick<RootCoordHandlers, SchemaChangeMethod> {
  return {
    addCollectionField: (request) => changes.addField(request),
    addCollectionStructField: (request) => changes.addStructField(request),
    alterCollectionField: (request) => changes.alterField(request),
    alterCollectionSchema: (request) => changes.alterSchema(request),
  };
}
