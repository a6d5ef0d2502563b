// Tables of every-right.test.ts.

/**
 * What lets in, by the privileges of which one is enough: methods, and routes, those without a slash below `/v2/vectordb/`. Source:
 * around-import §1.4; rights to volumes and what is for admins alone are ours.
 */
export const doors: Readonly<Record<string, readonly [methods: string, routes: string]>> = {
  Import: [
    "import",
    "jobs/import/create jobs/import/validate jobs/import/inspect jobs/import/commit jobs/import/abort jobs/import/cancel jobs/import/pause jobs/import/resume jobs/import/rollback jobs/import/retry jobs/import/errors jobs/import/rejects jobs/import/source_line /v1/vector/collections/import /api/v1/import",
  ],
  "Import GetImportProgress": [
    "getImportState",
    "jobs/import/describe jobs/import/get_progress jobs/import/getProgress /v1/vector/collections/import/get /api/v1/import/state jobs/import/events",
  ],
  Insert: ["insert", "entities/insert"],
  Upsert: ["upsert", "entities/upsert"],
  Delete: ["delete", "entities/delete"],
  Query: ["query", "entities/query entities/get"],
  Search: ["search hybridSearch", "entities/search entities/hybrid_search entities/advanced_search"],
  Load: ["loadCollection loadPartitions", "collections/load collections/refresh_load partitions/load"],
  Release: ["releaseCollection releasePartitions", "collections/release partitions/release"],
  GetLoadState: ["getLoadState getLoadingProgress getReplicas", "collections/get_load_state"],
  Flush: ["flush", "collections/flush"],
  GetFlushState: ["getFlushState", ""],
  Compaction: ["manualCompaction", "collections/compact"],
  GetStatistics: [
    "getCollectionStatistics getPartitionStatistics getPersistentSegmentInfo getQuerySegmentInfo",
    "collections/get_stats partitions/get_stats segments/list segments/describe",
  ],
  CreateIndex: ["createIndex alterIndex", "indexes/create indexes/alter_properties indexes/drop_properties"],
  DropIndex: ["dropIndex", "indexes/drop"],
  CreatePartition: ["createPartition", "partitions/create"],
  DropPartition: ["dropPartition", "partitions/drop"],
  ShowPartitions: ["showPartitions", "partitions/list"],
  HasPartition: ["hasPartition", "partitions/has"],
  AddCollectionField: [
    "addCollectionField addCollectionStructField",
    "collections/fields/add collections/struct_fields/add",
  ],
  AlterCollectionSchema: ["alterCollectionSchema", "collections/fields/drop"],
  CreateCollection: [
    "createCollection alterCollection alterCollectionField",
    "collections/create collections/alter_properties collections/drop_properties collections/fields/alter_properties",
  ],
  DropCollection: ["dropCollection truncateCollection", "collections/drop collections/truncate"],
  RenameCollection: ["renameCollection", "collections/rename"],
  CreateAlias: ["createAlias alterAlias", "aliases/create aliases/alter"],
  DropAlias: ["dropAlias", "aliases/drop"],
  DescribeAlias: ["describeAlias", "aliases/describe"],
  CreateDatabase: ["createDatabase", "databases/create"],
  DropDatabase: ["dropDatabase", "databases/drop"],
  AlterDatabase: ["alterDatabase", "databases/alter databases/alter_properties databases/drop_properties"],
  DescribeDatabase: ["describeDatabase", "databases/describe"],
  CreateOwnership: ["createCredential createRole alterRole", "users/create roles/create roles/alter"],
  DropOwnership: ["deleteCredential dropRole", "users/drop roles/drop"],
  SelectOwnership: ["listCredUsers selectRole selectGrant", "users/list roles/list roles/describe"],
  ManageOwnership: [
    "operateUserRole operatePrivilege operatePrivilegeV2",
    "users/grant_role users/revoke_role roles/grant_privilege roles/revoke_privilege roles/grant_privilege_v2 roles/revoke_privilege_v2",
  ],
  UpdateUser: ["updateCredential", "users/update_password"],
  SelectUser: ["selectUser", "users/describe"],
  BackupRBAC: ["backupRbac", ""],
  RestoreRBAC: ["restoreRbac", ""],
  CreatePrivilegeGroup: ["createPrivilegeGroup", "privilege_groups/create"],
  DropPrivilegeGroup: ["dropPrivilegeGroup", "privilege_groups/drop"],
  ListPrivilegeGroups: ["listPrivilegeGroups", "privilege_groups/list"],
  OperatePrivilegeGroup: [
    "operatePrivilegeGroup",
    "privilege_groups/add_privileges_to_group privilege_groups/remove_privileges_from_group",
  ],
  FlushAll: ["flushAll", ""],
  ListResourceGroups: ["listResourceGroups", "resource_groups/list"],
  DescribeResourceGroup: ["describeResourceGroup", ""],
  ReadVolume: ["", "/v2/volumes/{name}/files /v2/volumes/{name}/inspect /v2/volumes/{name}/presign"],
  WriteVolume: [
    "",
    "/v2/volumes/apply DELETE_/v2/volumes/{name}/files/{rest} POST_/v2/volumes/{name}/uploads /v2/volumes/{name}/uploads/{uploadId} DELETE_/v2/volumes/{name}/uploads/{uploadId} /v2/volumes/{name}/uploads/{uploadId}/complete",
  ],
  "ReadVolume WriteVolume UseVolume": ["", "/v2/volumes/{name}"],
};

/** Privileges that are tried alone. */
export const allPrivileges = [...new Set(Object.keys(doors).flatMap((needed) => needed.split(" "))), "ListImport"];
/** What is granted for a database; aliases are, too, since those below are of no collection. */
export const ofDatabase =
  "CreateCollection DropCollection RenameCollection AlterDatabase DescribeDatabase CreateAlias DropAlias DescribeAlias".split(
    " ",
  );
/** What is granted for the whole server. */
export const ofCluster =
  "CreateDatabase DropDatabase CreateOwnership DropOwnership SelectOwnership ManageOwnership UpdateUser SelectUser BackupRBAC RestoreRBAC CreatePrivilegeGroup DropPrivilegeGroup ListPrivilegeGroups OperatePrivilegeGroup FlushAll ListResourceGroups DescribeResourceGroup".split(
    " ",
  );

/** For who has any right to the collection: everybody has these privileges at first. Of others it is as if there were none. */
export const ofKnown = {
  methods: "describeCollection listAliases describeIndex getIndexState getIndexBuildProgress getIndexStatistics",
  routes: "collections/describe aliases/list indexes/list indexes/describe",
};
/** For whoever is known; what they list is what the caller may see. */
export const ofAll = {
  methods:
    "connect getVersion checkHealth hasCollection getCompactionState getCompactionStateWithPlans allocTimestamp runAnalyzer getMetrics getFlushAllState batchDescribeCollection showCollections listDatabases listImportTasks",
  routes:
    "jobs/import/list jobs/import/options.schema.json collections/list collections/has collections/get_compaction_state databases/list common/run_analyzer /v1/vector/collections/import/list /api/v1/import/tasks /v2/openapi.json /v2/volumes",
};
/** For whoever asks. */
export const ofPassersBy = "/healthz /readyz /metrics / /console /console/{file}";
/** For root and the role admin. */
export const ofAdmins = [
  ..."jobs/import/restore api_keys/create api_keys/list api_keys/revoke roles/set_sources cluster/members".split(" "),
  ..."/v2/etl/merge /v2/jobs /v2/jobs/{id} /v2/jobs/{id}/cancel /v2/volumes/create".split(" "),
  ..."PATCH /v2/volumes/{name}|DELETE /v2/volumes/{name}".split("|"),
  ...["pause", "resume"].map((order) => `/management/datacoord/garbage_collection/${order}`),
  ...["export", "copy", "merge"].flatMap((kind) =>
    "create describe get_progress getProgress list cancel pause resume"
      .split(" ")
      .map((order) => `jobs/${kind}/${order}`),
  ),
];
