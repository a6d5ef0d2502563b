import { bodyOf } from "../routes/members.ts";
import { facts } from "../routes/route-facts.ts";

/** What a route does, the methods that it calls (none: it calls nothing), and the members of its body. */
type Row = readonly [summary: string, methods: string, members: string];

const read = "consistencyLevel outputFields partitionNames timezone";
const groups = "groupingField groupSize strictGroupSize functionScore highlighter searchAggregation functionChains";
const search = `dbName collectionName! data ids annsField filter exprParams limit offset searchParams params metricType=searchedMetric ignoreGrowing ${read} ${groups}`;
const hybrid = `dbName collectionName! search! rerank limit offset ${read} ${groups}`;
const one = "dbName collectionName!";
const grant = "roleName! objectType! objectName! privilege! dbName";
const grantV2 = "roleName! privilege! dbName collectionName";
const members = "privilegeGroupName! privileges";

/** By path below `/v2/vectordb/`. Source: around-import §1.5, §2. */
const rows: Readonly<Record<string, Row>> = {
  "collections/list": ["Names of the collections of a database", "showCollections", "dbName"],
  "collections/has": ["Whether there is a collection", "hasCollection", one],
  "collections/describe": ["A collection with its fields, indexes and load state", "describeCollection", one],
  "collections/create": [
    "Makes a collection, by a schema or quickly by a dimension",
    "createCollection",
    `${one} schema indexParams params=createParams properties description consistencyLevel dimension metricType idType autoID primaryFieldName vectorFieldName vectorFieldType`,
  ],
  "collections/drop": ["Drops a collection with its rows", "dropCollection", one],
  "collections/get_stats": ["How many rows a collection has", "getCollectionStatistics", one],
  "collections/get_load_state": ["Whether a collection is loaded", "getLoadState", `${one} partitionNames`],
  "collections/load": ["Loads a collection", "loadCollection", one],
  "collections/refresh_load": ["Loads what was imported since a collection was loaded", "loadCollection", one],
  "collections/release": ["Releases a collection", "releaseCollection", one],
  "collections/truncate": ["Removes all rows of a collection, and nothing else of it", "truncateCollection", one],
  "collections/rename": ["Renames a collection", "renameCollection", `${one} newCollectionName! newDbName`],
  "collections/alter_properties": ["Sets properties of a collection", "alterCollection", `${one} properties`],
  "collections/drop_properties": ["Removes properties of a collection", "alterCollection", `${one} propertyKeys`],
  "collections/flush": ["Answers when every row is durable, which imported ones are", "flush", one],
  "collections/compact": ["Merges small segments of a collection", "manualCompaction", `${one} isClustering`],
  "collections/get_compaction_state": [
    "How far a compaction is",
    "getCompactionState",
    "jobID compactionID collectionName=theId",
  ],
  "collections/fields/add": ["Adds a field to a collection", "addCollectionField", `${one} schema=newField!`],
  "collections/fields/alter_properties": [
    "Changes parameters of a field",
    "alterCollectionField",
    `${one} fieldName! fieldParams`,
  ],
  "collections/fields/drop": [
    "Drops a field of a collection, by its name or by its number",
    "alterCollectionSchema",
    `${one} fieldName fieldId`,
  ],
  "collections/struct_fields/add": [
    "Adds a struct array to a collection",
    "addCollectionStructField",
    `${one} schema=newStruct!`,
  ],

  "segments/list": ["Visible segments of a collection", "getPersistentSegmentInfo", one],
  "segments/describe": [
    "Logs of visible segments, of all unless some are named",
    "describeCollection getPersistentSegmentInfo",
    "collectionID! segmentIDs dbName=theId collectionName=theId",
  ],
  "resource_groups/list": ["Names of the resource groups, of which there is one", "listResourceGroups", ""],

  "partitions/list": ["Names of the partitions of a collection", "showPartitions", `${one} partitionNames=allOfThem`],
  "partitions/has": ["Whether there is a partition", "hasPartition", `${one} partitionName!`],
  "partitions/get_stats": ["How many rows a partition has", "getPartitionStatistics", `${one} partitionName!`],
  "partitions/create": ["Makes a partition", "createPartition", `${one} partitionName!`],
  "partitions/drop": ["Drops a partition with its rows", "dropPartition", `${one} partitionName!`],
  "partitions/load": ["Loads partitions", "loadPartitions", `${one} partitionNames!`],
  "partitions/release": ["Releases partitions", "releasePartitions", `${one} partitionNames!`],

  "indexes/list": ["Names of the indexes of a collection", "describeIndex", one],
  "indexes/describe": ["An index", "describeIndex", `${one} indexName!`],
  "indexes/create": ["Declares indexes", "createIndex", `${one} indexParams!`],
  "indexes/drop": ["Drops an index", "dropIndex", `${one} indexName!`],
  "indexes/alter_properties": ["Sets properties of an index", "alterIndex", `${one} indexName! properties`],
  "indexes/drop_properties": ["Removes properties of an index", "alterIndex", `${one} indexName! propertyKeys`],

  "aliases/list": ["Aliases of a collection, or of a database", "listAliases", "dbName collectionName"],
  "aliases/describe": ["The collection of an alias", "describeAlias", "dbName aliasName!"],
  "aliases/create": ["Gives a collection an alias", "createAlias", `${one} aliasName!`],
  "aliases/alter": ["Gives another collection an alias", "alterAlias", `${one} aliasName!`],
  "aliases/drop": ["Drops an alias", "dropAlias", "dbName aliasName! collectionName=theAlias"],

  "databases/list": ["Names of the databases", "listDatabases", ""],
  "databases/describe": ["A database", "describeDatabase", "dbName!"],
  "databases/create": ["Makes a database", "createDatabase", "dbName! properties"],
  "databases/drop": ["Drops an empty database", "dropDatabase", "dbName!"],
  "databases/alter": ["Sets properties of a database", "alterDatabase", "dbName! properties"],
  "databases/alter_properties": ["Sets properties of a database", "alterDatabase", "dbName! properties"],
  "databases/drop_properties": ["Removes properties of a database", "alterDatabase", "dbName! propertyKeys"],

  "entities/query": [
    "Rows that fit an expression, or groups of them",
    "query",
    `${one} filter exprParams limit offset groupByFields orderByFields ${read}`,
  ],
  "entities/get": ["Rows by their keys", "query", `${one} id! ${read}`],
  "entities/search": ["The nearest rows to vectors, exactly", "search", search],
  "entities/hybrid_search": ["Several searches, ranked together", "hybridSearch", hybrid],
  "entities/advanced_search": ["Several searches, ranked together", "hybridSearch", hybrid],

  "users/list": ["Names of the users", "listCredUsers", ""],
  "users/describe": ["The roles of a user", "selectUser", "userName!"],
  "users/create": ["Makes a user", "createCredential", "userName! password! description"],
  "users/update_password": [
    "Changes password or description of a user",
    "updateCredential",
    "userName! password newPassword description",
  ],
  "users/drop": ["Drops a user", "deleteCredential", "userName!"],
  "users/grant_role": ["Gives a user a role", "operateUserRole", "userName! roleName!"],
  "users/revoke_role": ["Takes a role from a user", "operateUserRole", "userName! roleName!"],

  "roles/list": ["Names of the roles", "selectRole", ""],
  "roles/describe": ["What a role may do", "selectGrant", "roleName! dbName"],
  "roles/create": ["Makes a role", "createRole", "roleName! description"],
  "roles/alter": ["Says what a role is for", "alterRole", "roleName! description"],
  "roles/drop": ["Drops a role", "dropRole", "roleName!"],
  "roles/grant_privilege": ["Grants a role a privilege on an object", "operatePrivilege", grant],
  "roles/revoke_privilege": ["Takes from a role a privilege on an object", "operatePrivilege", grant],
  "roles/grant_privilege_v2": ["Grants a role a privilege or a group of them", "operatePrivilegeV2", grantV2],
  "roles/revoke_privilege_v2": ["Takes from a role a privilege or a group of them", "operatePrivilegeV2", grantV2],

  "privilege_groups/create": ["Makes a group of privileges", "createPrivilegeGroup", "privilegeGroupName!"],
  "privilege_groups/drop": ["Drops a group of privileges", "dropPrivilegeGroup", "privilegeGroupName!"],
  "privilege_groups/list": ["Groups of privileges", "listPrivilegeGroups", ""],
  "privilege_groups/add_privileges_to_group": ["Adds privileges to a group", "operatePrivilegeGroup", members],
  "privilege_groups/remove_privileges_from_group": [
    "Removes privileges from a group",
    "operatePrivilegeGroup",
    members,
  ],

  "common/run_analyzer": [
    "What an analyzer makes of texts",
    "runAnalyzer",
    "dbName text! analyzerParams collectionName fieldName withDetail withHash",
  ],
};

/** Of a route of the catalog; its calls are guarded as those of gRPC. */
export function catalogFacts(path: string) {
  const row = rows[path];
  if (!row) throw new Error(`nothing is said of the route ${path}`);
  const [summary, methods, members] = row;
  return facts(
    summary,
    { kind: "calls", methods: methods === "" ? [] : methods.split(" ") },
    { body: bodyOf(members) },
  );
}
