import { type Client, makeGenericClientConstructor, type ServiceClientConstructor } from "@grpc/grpc-js";
import { type MilvusServiceClient, type MilvusServiceServer, MilvusServiceService } from "./gen/milvus.ts";
import { type RootCoordClient as InternalClient, RootCoordService } from "./gen/root_coord.ts";

/** Methods of Milvus's service that the rootcoord answers: what declares something, tells what is declared, and what became of jobs. */
export const rootCoordMethods = [
  ...(["createDatabase", "dropDatabase", "listDatabases", "describeDatabase", "alterDatabase"] as const),
  ...(["createCollection", "dropCollection", "hasCollection", "describeCollection", "showCollections"] as const),
  ...(["renameCollection", "alterCollection"] as const),
  ...(["addCollectionField", "addCollectionStructField", "alterCollectionField", "alterCollectionSchema"] as const),
  ...(["createPartition", "dropPartition", "hasPartition", "showPartitions"] as const),
  ...(["createAlias", "dropAlias", "alterAlias", "describeAlias", "listAliases"] as const),
  ...(["createIndex", "dropIndex", "alterIndex", "describeIndex"] as const),
  ...(["loadCollection", "releaseCollection", "loadPartitions", "releasePartitions"] as const),
  ...(["createCredential", "updateCredential", "deleteCredential", "listCredUsers", "selectUser"] as const),
  ...(["createRole", "alterRole", "dropRole", "selectRole", "operateUserRole"] as const),
  ...(["operatePrivilege", "operatePrivilegeV2", "selectGrant", "backupRbac", "restoreRbac"] as const),
  ...(["createPrivilegeGroup", "dropPrivilegeGroup", "listPrivilegeGroups", "operatePrivilegeGroup"] as const),
  ...(["getImportState", "listImportTasks", "allocTimestamp"] as const),
  ...(["manualCompaction", "getCompactionState", "getCompactionStateWithPlans"] as const),
] as const satisfies readonly (keyof MilvusServiceServer)[];

type Method = (typeof rootCoordMethods)[number];
/** The rootcoord's part of Milvus's service. */
export type RootCoordPublicServer = Pick<MilvusServiceServer, Method>;

/** With Milvus's paths, so that the proxy hands calls on as they came. */
export const RootCoordPublicService = Object.fromEntries(
  rootCoordMethods.map((method) => [method, MilvusServiceService[method]]),
) as Pick<typeof MilvusServiceService, Method>;

/** Of the rootcoord: what services ask it for, and its part of Milvus's service. */
export interface RootCoordClient extends InternalClient, Pick<MilvusServiceClient, Method> {}

/** One client of both services, since the rootcoord serves both on one port. */
export const RootCoordClient = makeGenericClientConstructor(
  { ...RootCoordPublicService, ...RootCoordService },
  "sluice.v1.RootCoord",
) as unknown as ServiceClientConstructor & (new (...args: ConstructorParameters<typeof Client>) => RootCoordClient);
