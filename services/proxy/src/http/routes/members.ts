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
  ...{ groupingField: text, groupSize: whole, strictGroupSize: flag, partialUpdate: flag, fieldOps: objects },
  ...{ text: texts, analyzerParams: text, withDetail: flag, withHash: flag },
  ...{ userName: text, password: text, newPassword: text, roleName: text, objectType: text, objectName: text },
  ...{ privilege: text, privilegeGroupName: text, privileges: texts },
} as const;

export type MemberName = keyof typeof members;

/** Those of a body, as `"collectionName! dbName"`; a mark for each that it must have. */
export function namesIn(list: string): { name: MemberName; isNeeded: boolean }[] {
  return list
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => ({ name: word.replace("!", "") as MemberName, isNeeded: word.endsWith("!") }));
}

/** The schema of such a body. @throws {Error} for a name that no body has */
export function bodyOf(list: string): z.ZodObject {
  const shape = namesIn(list).map(({ name, isNeeded }) => {
    const member = members[name];
    if (!member) throw new Error(`no body has a member ${name}`);
    return [name, isNeeded ? member : member.nullish()] as const;
  });
  return z.object(Object.fromEntries(shape));
}
