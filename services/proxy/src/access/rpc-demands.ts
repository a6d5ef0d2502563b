import type { Demand } from "@sluice/access";
import { parseStrictJson } from "@sluice/values";

/** What the demands of a call are made of. */
interface About {
  readonly dbName: string;
  /** Members of the request that name what it is about. */
  readonly request: {
    readonly collectionName?: string;
    readonly collectionNames?: readonly string[];
    readonly username?: string;
    readonly options?: readonly { readonly key: string; readonly value: string }[];
    readonly user?: { readonly name: string };
    readonly newDBName?: string;
  };
}

/**
 * What a method needs: nothing but a known caller (`open`), demands of which each list needs one (`demands`), or a job's
 * collection (`job`). Source: around-import §1.4.
 */
export type Guard =
  | { readonly kind: "open" }
  | { readonly kind: "demands"; readonly of: (about: About) => readonly (readonly Demand[])[] }
  | { readonly kind: "job"; readonly anyOf: readonly string[] };

const open: Guard = { kind: "open" };

/** On the collection that the request names; on each of several. */
function onCollection(privilege: string): Guard {
  return {
    kind: "demands",
    of: ({ dbName, request: { collectionName = "", collectionNames = [] } }) =>
      (collectionNames.length > 0 ? collectionNames : [collectionName]).map((objectName) => [
        { privilege, object: "Collection", objectName, dbName },
      ]),
  };
}

/** Global privileges that may be granted for one collection. */
function aboutCollection(privilege: string): Guard {
  return {
    kind: "demands",
    of: ({ dbName, request: { collectionName } }) => [
      [{ privilege, object: "Global", objectName: collectionName || "*", dbName }],
    ],
  };
}

/** On a database, or the whole. */
function overall(privilege: string, isCluster = false): Guard {
  return {
    kind: "demands",
    of: ({ dbName }) => [[{ privilege, object: "Global", objectName: "*", dbName: isCluster ? "*" : dbName }]],
  };
}

/** From one database to another it is about both, and so about all. */
const renaming: Guard = {
  kind: "demands",
  of: ({ dbName, request: { newDBName = "" } }) => {
    const isWithin = newDBName === "" || newDBName === dbName;
    return [[{ privilege: "RenameCollection", object: "Global", objectName: "*", dbName: isWithin ? dbName : "*" }]];
  },
};

function onUser(privilege: string): Guard {
  return {
    kind: "demands",
    of: ({ request: { username, user } }) => [
      [{ privilege, object: "User", objectName: username ?? user?.name ?? "*", dbName: "*" }],
    ],
  };
}

/** Files of a Milvus come with timestamps and deletes of their own, which is more than to import rows. */
export const toReadBinlogs: Demand = { privilege: "ImportBinlog", object: "Global", objectName: "*", dbName: "*" };

function importDemands({ dbName, request: { collectionName = "", options = [] } }: About) {
  const rows = { privilege: "Import", object: "Collection", objectName: collectionName, dbName } as const;
  return options.some(readsBinlogs) ? [[rows], [toReadBinlogs]] : [[rows]];
}

/** The option itself, or one of a document of options. */
function readsBinlogs({ key, value }: { readonly key: string; readonly value: string }): boolean {
  const names = ["backup", "l0_import", "internal_data"];
  if (names.includes(key)) return value !== "false";
  return key === "options" && membersOf(value).some((name) => names.includes(name));
}

/** Names as they are meant: in JSON a letter may be written as an escape. What cannot be read so the import refuses. */
function membersOf(document: string): string[] {
  try {
    return Object.keys(parseStrictJson("", document) ?? {});
  } catch {
    return [];
  }
}

function each(guard: Guard, names: string): [string, Guard][] {
  return names.split(" ").map((name) => [name, guard]);
}

/** By method, as handlers are named. What is not here only root and the role admin may call. */
export const rpcGuards: ReadonlyMap<string, Guard> = new Map<string, Guard>([
  ...each(
    open,
    "connect getVersion checkHealth hasCollection getCompactionState getCompactionStateWithPlans allocTimestamp runAnalyzer getMetrics getFlushAllState getComponentStates clientHeartbeat batchDescribeCollection showCollections listDatabases listImportTasks",
  ),
  ["import", { kind: "demands", of: importDemands }],
  ["getImportState", { kind: "job", anyOf: ["Import", "GetImportProgress"] }],
  ...each(onCollection("Insert"), "insert"),
  ...each(onCollection("Upsert"), "upsert"),
  ...each(onCollection("Delete"), "delete"),
  ...each(onCollection("Query"), "query"),
  ...each(onCollection("Search"), "search hybridSearch"),
  ...each(onCollection("Load"), "loadCollection loadPartitions"),
  ...each(onCollection("Release"), "releaseCollection releasePartitions"),
  ...each(onCollection("GetLoadState"), "getLoadState getLoadingProgress getReplicas"),
  ...each(onCollection("Flush"), "flush"),
  ...each(onCollection("GetFlushState"), "getFlushState"),
  ...each(onCollection("Compaction"), "manualCompaction"),
  ...each(
    onCollection("GetStatistics"),
    "getCollectionStatistics getPartitionStatistics getPersistentSegmentInfo getQuerySegmentInfo",
  ),
  ...each(onCollection("CreateIndex"), "createIndex alterIndex"),
  ...each(onCollection("DropIndex"), "dropIndex"),
  ...each(onCollection("IndexDetail"), "describeIndex getIndexState getIndexBuildProgress getIndexStatistics"),
  ...each(onCollection("CreatePartition"), "createPartition"),
  ...each(onCollection("DropPartition"), "dropPartition"),
  ...each(onCollection("ShowPartitions"), "showPartitions"),
  ...each(onCollection("HasPartition"), "hasPartition"),
  ...each(onCollection("AddCollectionField"), "addCollectionField addCollectionStructField"),
  ...each(onCollection("AlterCollectionSchema"), "alterCollectionSchema"),
  ...each(overall("CreateCollection"), "createCollection alterCollection alterCollectionField"),
  ...each(overall("DropCollection"), "dropCollection truncateCollection"),
  ["renameCollection", renaming],
  ...each(aboutCollection("DescribeCollection"), "describeCollection"),
  ...each(aboutCollection("CreateAlias"), "createAlias alterAlias"),
  ...each(aboutCollection("DropAlias"), "dropAlias"),
  ...each(aboutCollection("DescribeAlias"), "describeAlias"),
  ...each(aboutCollection("ListAliases"), "listAliases"),
  ...each(overall("CreateDatabase", true), "createDatabase"),
  ...each(overall("DropDatabase", true), "dropDatabase"),
  ...each(overall("AlterDatabase"), "alterDatabase"),
  ...each(overall("DescribeDatabase"), "describeDatabase"),
  ...each(overall("CreateOwnership", true), "createCredential createRole alterRole"),
  ...each(overall("DropOwnership", true), "deleteCredential dropRole"),
  ...each(overall("SelectOwnership", true), "listCredUsers selectRole selectGrant"),
  ...each(overall("ManageOwnership", true), "operateUserRole operatePrivilege operatePrivilegeV2"),
  ...each(onUser("UpdateUser"), "updateCredential"),
  ...each(onUser("SelectUser"), "selectUser"),
  ...each(overall("BackupRBAC", true), "backupRbac"),
  ...each(overall("RestoreRBAC", true), "restoreRbac"),
  ...each(overall("CreatePrivilegeGroup", true), "createPrivilegeGroup"),
  ...each(overall("DropPrivilegeGroup", true), "dropPrivilegeGroup"),
  ...each(overall("ListPrivilegeGroups", true), "listPrivilegeGroups"),
  ...each(overall("OperatePrivilegeGroup", true), "operatePrivilegeGroup"),
  ...each(overall("FlushAll", true), "flushAll"),
  ...each(overall("ListResourceGroups", true), "listResourceGroups"),
  ...each(overall("DescribeResourceGroup", true), "describeResourceGroup"),
]);

/** What changes who may do what. */
export const accessChanges: ReadonlySet<string> = new Set(
  "createCredential updateCredential deleteCredential createRole alterRole dropRole operateUserRole operatePrivilege operatePrivilegeV2 restoreRbac createPrivilegeGroup dropPrivilegeGroup operatePrivilegeGroup".split(
    " ",
  ),
);
