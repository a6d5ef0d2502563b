/** Bodies as released clients send them; what they leave empty is null or "". */
export const bodiesOfClients: readonly (readonly [client: string, route: string, body: object])[] = [
  [
    "pymilvus 2.4.15",
    "POST /v2/vectordb/jobs/import/create",
    {
      ...{ collectionName: "c", partitionName: "", files: [["a.json"]], objectUrl: "", clusterId: "", accessKey: "" },
      secretKey: "",
    },
  ],
  [
    "pymilvus 3.0.1",
    "POST /v2/vectordb/jobs/import/create",
    {
      ...{ collectionName: "c", dbName: "", partitionName: "", files: [["a"]], objectUrl: "", objectUrls: null },
      ...{ projectId: "p", regionId: "r", clusterId: "x", accessKey: "", secretKey: "", token: "", volumeName: "" },
      ...{ dataPaths: null, options: {} },
    },
  ],
  [
    "pymilvus 3.0.1",
    "POST /v2/vectordb/jobs/import/describe",
    { jobId: "1", clusterId: "x", projectId: "p", regionId: "r" },
  ],
  [
    "pymilvus 3.0.1",
    "POST /v2/vectordb/jobs/import/list",
    {
      ...{ collectionName: "c", dbName: "d", clusterId: "x", projectId: "p", regionId: "r", pageSize: 10 },
      currentPage: 1,
    },
  ],
  ["pymilvus 2.2.17", "GET /v1/vector/collections/import/get?jobId=1&clusterId=x", {}],
  ["pymilvus 2.2.17", "GET /v1/vector/collections/import/list?clusterId=x&pageSize=10&currentPage=1", {}],
  [
    "pymilvus 2.2.17",
    "POST /v1/vector/collections/import",
    { objectUrl: "s3://b/k", accessKey: "", secretKey: "", clusterId: "x", collectionName: "c" },
  ],
  ["pymilvus 3.0.1", "GET /v2/volumes?projectId=p&currentPage=1&pageSize=10", {}],
  ["pymilvus 3.0.1", "POST /v2/volumes/create", { projectId: "p", regionId: "r", volumeName: "v" }],
  ["pymilvus 3.0.1", "POST /v2/volumes/apply", { volumeName: "v", path: "p" }],
  [
    "Java",
    "POST /v2/vectordb/jobs/import/create",
    {
      ...{ apiKey: "k", dbName: "d", collectionName: "c", partitionName: "", files: [["a"]] },
      options: { sdk: "java", scene: "bulkWriter" },
    },
  ],
  [
    "Java",
    "POST /v2/vectordb/jobs/import/describe",
    { apiKey: "k", jobId: "1", options: { sdk: "java", scene: "bulkWriter" } },
  ],
  ["Java", "POST /v2/vectordb/jobs/import/commit", { apiKey: "k", jobId: "1", options: { sdk: "java" } }],
  ["Java", "POST /v2/volumes/apply", { apiKey: "k", volumeName: "v", path: "", options: { sdk: "java", scene: "b" } }],
  ["Java", "POST /v2/volumes/create", { projectId: "p", regionId: "r", volumeName: "v", options: { sdk: "java" } }],
  [
    "Go",
    "POST /v2/vectordb/jobs/import/create",
    { collectionName: "c", files: [["a"]], objectUrl: "", clusterId: "x", options: { timeout: "1h" } },
  ],
  ["Go", "POST /v2/vectordb/jobs/import/describe", { jobId: "1", clusterId: "" }],
  [
    "Node 3.0.6",
    "POST /v2/vectordb/jobs/import/get_progress",
    { dbName: "d", jobId: "1", projectId: "p", regionId: "r" },
  ],
  [
    "Node 3.0.6",
    "POST /v2/vectordb/collections/create",
    {
      ...{ dbName: "d", collectionName: "c" },
      schema: {
        ...{ autoID: false, enabledDynamicField: true },
        fields: [{ fieldName: "id", dataType: "Int64", isPrimary: true, elementTypeParams: { max_length: 1 } }],
      },
      indexParams: [{ metricType: "L2", fieldName: "id", indexName: "i", params: { index_type: "FLAT", nlist: 1 } }],
      params: { max_length: 9, enableDynamicField: true, shardsNum: 1, consistencyLevel: "Strong", ttlSeconds: 1 },
    },
  ],
  [
    "Node 3.0.6",
    "POST /v2/vectordb/collections/get_compaction_state",
    { dbName: "d", collectionName: "c", compactionID: 1 },
  ],
  ["Node 3.0.6", "POST /v2/vectordb/partitions/list", { collectionName: "c", partitionNames: [] }],
  ["Node 3.0.6", "POST /v2/vectordb/aliases/drop", { dbName: "d", collectionName: "c", aliasName: "a" }],
  [
    "Node 3.0.6",
    "POST /v2/vectordb/entities/hybrid_search",
    {
      ...{ collectionName: "c", rerank: { strategy: "rrf", params: { k: 60 } }, partitionNames: [], limit: 3 },
      search: [
        {
          ...{ data: [[1]], limit: 3, filter: "id > 0", outputFields: ["id"], offset: 0, annsField: "v" },
          ...{ ignoreGrowing: true, metricType: "L2", params: { nprobe: 1 } },
        },
      ],
    },
  ],
  [
    "Node 3.0.6",
    "POST /v2/vectordb/entities/search",
    {
      ...{ collectionName: "c", data: [[1]], annsField: "v", groupingField: "g", searchParams: {}, outputFields: [] },
      ...{ filter: "", limit: 1, offset: 0, partitionNames: [], consistencyLevel: "Strong" },
    },
  ],
];

/** Members of Milvus's requests, by the calls that have them. Source: Milvus, httpserver/request_v2.go. */
export const membersOfMilvus: Readonly<Record<string, string>> = {
  "databases/create databases/alter": "dbName properties",
  "databases/drop_properties": "dbName propertyKeys",
  "collections/describe collections/has collections/drop collections/load collections/release": "dbName collectionName",
  "collections/get_load_state": "dbName collectionName partitionNames",
  "collections/alter_properties": "dbName collectionName properties",
  "collections/rename": "dbName collectionName newCollectionName newDbName",
  "collections/drop_properties": "dbName collectionName propertyKeys",
  "collections/compact": "dbName collectionName isClustering",
  "collections/get_compaction_state": "jobID",
  "collections/fields/alter_properties": "dbName collectionName fieldName fieldParams",
  "collections/create":
    "dbName collectionName dimension idType autoID metricType primaryFieldName vectorFieldName schema indexParams params description",
  "partitions/create partitions/has partitions/drop partitions/get_stats": "dbName collectionName partitionName",
  "partitions/load partitions/release": "dbName collectionName partitionNames",
  "jobs/import/create": "dbName collectionName partitionName files options",
  "jobs/import/describe jobs/import/commit jobs/import/abort": "jobId",
  "entities/query": "dbName collectionName partitionNames outputFields filter limit offset exprParams consistencyLevel",
  "entities/get": "dbName collectionName partitionNames outputFields id consistencyLevel",
  "entities/delete": "dbName collectionName partitionName filter exprParams",
  "entities/insert entities/upsert": "dbName collectionName partitionName data",
  "entities/search":
    "dbName collectionName data annsField partitionNames filter groupingField groupSize strictGroupSize limit offset outputFields searchParams consistencyLevel exprParams functionScore params",
  "entities/hybrid_search entities/advanced_search":
    "dbName collectionName partitionNames search rerank limit groupingField groupSize strictGroupSize outputFields consistencyLevel functionScore",
  "users/create": "userName password",
  "users/update_password": "userName password newPassword",
  "users/grant_role": "userName roleName",
  "roles/alter": "roleName description",
  "roles/create roles/describe roles/drop": "dbName roleName",
  "privilege_groups/add_privileges_to_group": "privilegeGroupName privileges",
  "roles/grant_privilege_v2": "roleName dbName collectionName privilege",
  "roles/grant_privilege": "roleName objectType objectName privilege dbName",
  "indexes/create": "dbName collectionName indexParams",
  "indexes/describe indexes/drop": "dbName collectionName indexName",
  "indexes/alter_properties": "dbName collectionName indexName properties",
  "indexes/drop_properties": "dbName collectionName indexName propertyKeys",
  "aliases/create aliases/alter": "dbName collectionName aliasName",
  "aliases/describe aliases/drop": "dbName aliasName",
};
