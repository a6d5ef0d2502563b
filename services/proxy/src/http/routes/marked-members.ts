import { z } from "zod";

/** What nobody reads, and the answer would be the same if somebody did. @param reason a phrase without its full stop */
export function passedOver(reason: string): z.ZodType {
  return z
    .unknown()
    .optional()
    .meta({ description: `Passed over: ${reason}` });
}

/** What nobody reads, and the answer would be another one if somebody did. @param reason what follows its name */
export function refused(reason: string): z.ZodType {
  return z
    .unknown()
    .optional()
    .meta({ description: `Refused: it ${reason}`, refused: reason });
}

/** What released clients send to whatever route, beside what it is about. Source: pymilvus, Milvus's clients for Java, Go and Node. */
export const sentAnywhere: Readonly<Record<string, z.ZodType>> = {
  clusterId: passedOver("there is one cluster"),
  projectId: passedOver("there are no projects"),
  regionId: passedOver("there are no regions"),
  apiKey: passedOver("the header Authorization says who calls"),
  dbName: passedOver("what it is about belongs to no database, or has an id"),
  namespace: refused("data is set but namespace disabled: leave it out, and keep tenants apart by a partition key"),
};

/** What clients for Java say of themselves in the options of every call. */
export const clientOptions: ReadonlySet<string> = new Set(["sdk", "scene"]);

/** What is meant by words that are no slip of a known one: those of other clients and of SQL. */
export const otherWords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ db: "dbName", database: "dbName", collection: "collectionName", partition: "partitionName" },
    ...{ partitions: "partitionNames", expr: "filter", expression: "filter", where: "filter", topk: "limit" },
    ...{ ids: "id", vectors: "data", vector: "data", rows: "data", index: "indexName", alias: "aliasName" },
    ...{ user: "userName", role: "roleName", job: "jobId", task: "jobId", paths: "files" },
  }),
);
