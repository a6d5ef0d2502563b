import type { Column } from "@sluice/columns";
import { columnOfData, countKeys, type FieldBytes, type QueryAnswer, splitQueryAnswer } from "@sluice/fields";
import { checkStatus, milvus, READER_ABSENT_MS, type rootCoord, type schema as wire } from "@sluice/rpc";
import { type CollectionSchema, type FieldSchema, isComputed, momentOfSession, primaryKeyIndex } from "@sluice/schema";
import type { ProxyContext } from "../context.ts";
import { type Keys, keysOf } from "./keys.ts";

/** Rows that are there, of keys that somebody names. */
export interface StoredRows {
  /** At which they were read, hybrid. */
  readonly timestamp: bigint;
  /** Parallel to the schema's fields; of what functions compute there is none. */
  readonly columns: readonly (Column | undefined)[];
  /** Where the row of a key is. */
  readonly rowOf: ReadonlyMap<bigint | string, number>;
}

/** Every segment may have to be looked at. */
const READ_DEADLINE_MS = 60_000;

/** Reads whole rows by their keys, whether the collection is loaded or not. @throws {StatusError} 1100 when they are too large for one answer */
export async function storedRows(
  context: ProxyContext,
  collection: rootCoord.ResolveCollectionResponse,
  { schema, partitionIds, keys }: { schema: CollectionSchema; partitionIds: readonly bigint[]; keys: Keys },
): Promise<StoredRows> {
  const key = schema.fields[primaryKeyIndex(schema)];
  const request = milvus.QueryRequest.fromPartial({
    collectionName: collection.collectionName,
    expr: `${key.name} in {keys}`,
    exprTemplateValues: { keys: keyList(keys) },
    outputFields: outputFieldsOf(schema),
    // Its answer says when they were read.
    queryParams: [{ key: "iterator", value: "True" }],
  });
  const { collectionId, collectionName, schema: bytes } = collection;
  const properties = new Map(collection.properties.map(({ key: name, value }) => [name, value]));
  const ttlSeconds = BigInt(properties.get("collection.ttl.seconds") ?? "0");
  const order = {
    ...{ request, collectionId, collectionName, schema: bytes, partitionIds: [...partitionIds] },
    ...{ timezone: schema.timezone, ttlField: properties.get("ttl_field") ?? "" },
    ttlSeconds: ttlSeconds > 0n ? ttlSeconds : 0n,
  };
  const answer = await context.query.query(order, { deadlineMs: READ_DEADLINE_MS, absentMs: READER_ABSENT_MS });
  return rowsIn(splitQueryAnswer(bytesOfAnswer(answer)), schema);
}

/** Answers come as they are on the wire, unless they are refusals. */
function bytesOfAnswer(answer: Uint8Array | milvus.QueryResults): Uint8Array {
  if (answer instanceof Uint8Array) return answer;
  checkStatus(answer.status);
  return milvus.QueryResults.encode(answer).finish();
}

function rowsIn({ status, fields, sessionTs }: QueryAnswer, schema: CollectionSchema): StoredRows {
  checkStatus(status);
  const timestamp = momentOfSession(sessionTs) ?? sessionTs;
  const byName = new Map<string, FieldBytes>();
  for (const field of fields) {
    byName.set(field.isDynamic ? "$meta" : field.name, field);
    for (const member of field.members) byName.set(`${field.name}[${member.name}]`, member);
  }
  const key = schema.fields[primaryKeyIndex(schema)];
  const keyData = fields.find(({ name }) => name === key.name);
  const rowCount = keyData ? countKeys(key, keyData) : 0;
  if (rowCount === 0) return { timestamp, columns: [], rowOf: new Map() };
  const columns = schema.fields.map((field) => {
    const data = byName.get(field.name);
    return data && columnOfData(unbounded(field), data, rowCount, schema.timezone);
  });
  const keys = keysOf(columns[primaryKeyIndex(schema)] as Column, rowCount);
  return { timestamp, columns, rowOf: new Map([...keys].map((one, row) => [one, row])) };
}

/** Rows may be from before their field got other bounds, which count for what comes later. */
function unbounded(field: FieldSchema): FieldSchema {
  return { ...field, maxLength: 0, maxCapacity: 0 };
}

/** Structs are asked for whole. */
function outputFieldsOf(schema: CollectionSchema): string[] {
  const structs = schema.structs.map(({ name }) => name);
  const isMember = (name: string) => structs.some((struct) => name.startsWith(`${struct}[`));
  const plain = schema.fields.filter((field) => !isMember(field.name) && !isComputed(schema, field));
  return [...plain.map(({ name, isDynamic }) => (isDynamic ? "$meta" : name)), ...structs];
}

function keyList(keys: Keys): wire.TemplateValue {
  const data: wire.TemplateArrayValue["data"] =
    typeof keys[0] === "string"
      ? { $case: "stringData", value: { data: keys as string[] } }
      : { $case: "longData", value: { data: keys as bigint[] } };
  return { val: { $case: "arrayVal", value: { data } } };
}
