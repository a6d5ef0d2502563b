import { z } from "zod";

const text = z.string();
const texts = z.array(text);
const object = z.record(z.string(), z.unknown());
const objects = z.array(object);
const whole = z.union([z.int(), z.string()]);
const flag = z.union([z.boolean(), z.enum(["true", "false"])]);

/** Members that bodies of Milvus's routes have: each means the same wherever it stands. Source: around-import §1.5, §2. */
const members = {
  ...{ dbName: text, collectionName: text, newCollectionName: text, newDbName: text, description: text },
  ...{ partitionName: text, partitionNames: texts, indexName: text, aliasName: text, fieldName: text },
  ...{ schema: object, indexParams: objects, params: object, properties: object, propertyKeys: texts },
  ...{ fieldParams: object, consistencyLevel: text, dimension: whole, metricType: text, idType: text, autoID: flag },
  ...{ primaryFieldName: text, vectorFieldName: text, vectorFieldType: text, isClustering: flag, jobID: whole },
  ...{ filter: text, exprParams: object, outputFields: texts, limit: whole, offset: whole, annsField: text },
  ...{ id: z.unknown(), data: z.array(z.unknown()), searchParams: object, search: objects, rerank: object },
  ...{
    groupByFields: texts,
    orderByFields: texts,
    groupingField: text,
    groupSize: whole,
    strictGroupSize: flag,
    partialUpdate: flag,
    fieldOps: objects,
  },
  ...{ text: texts, analyzerParams: text, withDetail: flag, withHash: flag },
  ...{ userName: text, password: text, newPassword: text, roleName: text, objectType: text, objectName: text },
  ...{ privilege: text, privilegeGroupName: text, privileges: texts },
} as const;

/**
 * The schema of a body whose members are listed; a mark for each that it must have.
 * @throws {Error} for a name that no body has
 * @example bodyOf("collectionName! dbName")
 */
export function bodyOf(list: string): z.ZodObject {
  const words = list.split(" ").filter((word) => word !== "");
  const shape = words.map((word) => {
    const name = word.replace("!", "");
    const member = (members as Readonly<Record<string, z.ZodType>>)[name];
    if (!member) throw new Error(`no body has a member ${name}`);
    return [name, word.endsWith("!") ? member : member.nullish()] as const;
  });
  return z.object(Object.fromEntries(shape));
}
