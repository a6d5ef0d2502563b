/** What a privilege is about: the first part of a grant. */
export type ObjectType = "Collection" | "Global" | "User" | "Volume";
/** How far a privilege reaches, which says what a grant of it may name. */
export type PrivilegeLevel = "cluster" | "database" | "collection" | "volume";

/** What can be granted, under Milvus's name; those of volumes are ours. */
export interface Privilege {
  readonly name: string;
  readonly object: ObjectType;
  readonly level: PrivilegeLevel;
}

const namesOf: Readonly<Record<PrivilegeLevel, Readonly<Partial<Record<ObjectType, string>>>>> = {
  collection: {
    Collection:
      "Import GetImportProgress ListImport Insert Upsert Delete Query Search Load Release GetLoadState GetLoadingProgress Flush GetFlushState Compaction LoadBalance GetStatistics CreateIndex DropIndex IndexDetail CreatePartition DropPartition ShowPartitions HasPartition AddCollectionField AlterCollectionSchema",
    Global: "DescribeCollection CreateAlias DropAlias DescribeAlias ListAliases",
  },
  database: {
    Global: "CreateCollection DropCollection RenameCollection ShowCollections AlterDatabase DescribeDatabase",
  },
  cluster: {
    Global:
      "ListDatabases CreateDatabase DropDatabase CreateOwnership DropOwnership SelectOwnership ManageOwnership BackupRBAC RestoreRBAC CreatePrivilegeGroup DropPrivilegeGroup ListPrivilegeGroups OperatePrivilegeGroup FlushAll ImportBinlog CreateResourceGroup DropResourceGroup DescribeResourceGroup ListResourceGroups UpdateResourceGroups TransferNode TransferReplica",
    User: "UpdateUser SelectUser",
  },
  volume: {
    Volume: "ReadVolume WriteVolume UseVolume",
  },
};

/** By name, without the prefix that messages have. Source: Milvus's list, as in around-import §1.4; those on volumes are ours. */
export const privileges: ReadonlyMap<string, Privilege> = new Map(
  Object.entries(namesOf).flatMap(([level, byObject]) =>
    Object.entries(byObject).flatMap(([object, names]) =>
      names
        .split(" ")
        .map((name) => [name, { name, object: object as ObjectType, level: level as PrivilegeLevel }] as const),
    ),
  ),
);

/** Everything on an object; `*` means the same. */
export const ALL = "All";
/** Any object, any database. */
export const ANY = "*";

const collectionReadOnly =
  "Query Search IndexDetail GetFlushState GetLoadState GetLoadingProgress HasPartition ShowPartitions DescribeCollection DescribeAlias ListAliases GetStatistics GetImportProgress ListImport";
const collectionReadWrite = `${collectionReadOnly} Load Release Insert Delete Upsert Import Flush Compaction LoadBalance CreateIndex DropIndex CreatePartition DropPartition AddCollectionField AlterCollectionSchema`;
const databaseReadOnly = "ShowCollections DescribeDatabase";
const databaseReadWrite = `${databaseReadOnly} AlterDatabase`;
const clusterReadOnly =
  "ListDatabases SelectOwnership SelectUser DescribeResourceGroup ListResourceGroups ListPrivilegeGroups";
const clusterReadWrite = `${clusterReadOnly} FlushAll TransferNode TransferReplica UpdateResourceGroups`;

/** Groups that are there from the beginning: what they hold, and how far they reach. */
export const builtInGroups: ReadonlyMap<
  string,
  { readonly level: PrivilegeLevel; readonly members: readonly string[] }
> = new Map(
  (
    [
      ["CollectionReadOnly", "collection", collectionReadOnly],
      ["CollectionReadWrite", "collection", collectionReadWrite],
      ["CollectionAdmin", "collection", `${collectionReadWrite} CreateAlias DropAlias`],
      ["DatabaseReadOnly", "database", databaseReadOnly],
      ["DatabaseReadWrite", "database", databaseReadWrite],
      ["DatabaseAdmin", "database", `${databaseReadWrite} CreateCollection DropCollection RenameCollection`],
      ["ClusterReadOnly", "cluster", clusterReadOnly],
      ["ClusterReadWrite", "cluster", clusterReadWrite],
      [
        "ClusterAdmin",
        "cluster",
        `${clusterReadWrite} CreateDatabase DropDatabase CreateOwnership DropOwnership ManageOwnership UpdateUser BackupRBAC RestoreRBAC CreatePrivilegeGroup DropPrivilegeGroup OperatePrivilegeGroup CreateResourceGroup DropResourceGroup ImportBinlog`,
      ],
    ] as const
  ).map(([name, level, members]) => [name, { level, members: members.split(" ") }]),
);

/** What comes with a privilege when it is granted, and goes with it. */
export const companions: Readonly<Record<string, readonly string[]>> = {
  Load: ["GetLoadState", "GetLoadingProgress"],
  Flush: ["GetFlushState"],
};
