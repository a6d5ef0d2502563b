import { common, GrpcError, milvus, type ServedService } from "@sluice/rpc";

/**
 * Methods of newer clients, of which this server serves none, by what their answers are: a Status; a message whose first member is one; or
 * nothing that could hold one. Without them clients would get a gRPC error that says nothing of what to do.
 */
type Answer = "status" | "message" | "none";

/** Of gRPC. */
const UNIMPLEMENTED = 12;

const functions =
  "functions are declared when a collection is made: make a new one, and copy the rows by an export and an import";
const files = "analyzers take their lists from analyzer_params";
const snapshots = "export a snapshot by POST /v2/vectordb/jobs/export/create, take one in by jobs/import/restore";
const external = "import the files by Import or POST /v2/vectordb/jobs/import/create";
const tags = "grant roles to users, and keep tenants apart by databases or collections";
const policies = "keep rows that not everybody may see in a collection of their own, and grant it by roles";
const namespaces = "keep tenants apart by a partition key";
const replication = "copy a collection by POST /v2/vectordb/jobs/copy/create";
const prewarm = "load the collection: its vectors are kept from the first search on";

const newer: Readonly<Record<string, readonly [answer: Answer, instead: string]>> = {
  AddCollectionFunction: ["status", functions],
  AlterCollectionFunction: ["status", functions],
  DropCollectionFunction: ["status", functions],
  AddFileResource: ["status", files],
  RemoveFileResource: ["status", files],
  ListFileResources: ["message", files],
  CreateSnapshot: ["status", snapshots],
  DropSnapshot: ["status", snapshots],
  ListSnapshots: ["message", snapshots],
  DescribeSnapshot: ["message", snapshots],
  RestoreSnapshot: ["message", snapshots],
  RestoreExternalSnapshot: ["message", snapshots],
  ExportSnapshot: ["message", snapshots],
  GetRestoreSnapshotState: ["message", snapshots],
  ListRestoreSnapshotJobs: ["message", snapshots],
  PinSnapshotData: ["message", snapshots],
  UnpinSnapshotData: ["status", snapshots],
  RefreshExternalCollection: ["message", external],
  GetRefreshExternalCollectionProgress: ["message", external],
  ListRefreshExternalCollectionJobs: ["message", external],
  BatchUpdateManifest: ["status", external],
  AddUserTags: ["status", tags],
  DeleteUserTags: ["status", tags],
  GetUserTags: ["message", tags],
  ListUsersWithTag: ["message", tags],
  CreateRowPolicy: ["status", policies],
  DropRowPolicy: ["status", policies],
  ListRowPolicies: ["message", policies],
  CreateNamespace: ["message", namespaces],
  DescribeNamespace: ["message", namespaces],
  ListNamespaces: ["message", namespaces],
  DropNamespace: ["message", namespaces],
  HasNamespace: ["message", namespaces],
  GetNamespaceStats: ["message", namespaces],
  UpdateReplicateConfiguration: ["status", replication],
  GetReplicateConfiguration: ["message", replication],
  GetReplicateInfo: ["none", replication],
  Prewarm: ["message", prewarm],
  DescribePrewarmTask: ["message", prewarm],
  DescribeSegmentIndexData: ["message", "searches compare every row, and build no index"],
  ComputePhraseMatchSlop: ["message", "RunAnalyzer tells where words stand, and phrase_match takes a slop"],
};

/** They are refused as what else is not served: with code 10 and what to do instead. */
export function newerMethods(): ServedService {
  const all = Object.entries(newer);
  const methods = all.map(([name, [answer]]) => [name, methodOf(name, answer)] as const);
  const unanswerable = all.filter(([, [answer]]) => answer === "none");
  return {
    definition: Object.fromEntries(methods),
    handlers: Object.fromEntries(unanswerable.map(([name, [, instead]]) => [name, () => unimplemented(name, instead)])),
    instead: Object.fromEntries(all.map(([name, [, instead]]) => [name, instead])),
  };
}

function unimplemented(name: string, instead: string): never {
  throw new GrpcError(UNIMPLEMENTED, `${name} is not supported by this server: ${instead}`);
}

/** Nobody reads the request, and of the answer nothing but the Status is written. */
function methodOf(name: string, answer: Answer) {
  return {
    path: `/milvus.proto.milvus.MilvusService/${name}`,
    ...{ requestStream: false, responseStream: false },
    ...{ requestSerialize: () => Buffer.alloc(0), requestDeserialize: () => ({}) },
    ...(answer === "status" ? codecOf(common.Status) : codecOf(milvus.BoolResponse)),
  } as const;
}

interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

function codecOf<T extends object>(codec: Codec<T>) {
  return {
    responseSerialize: (message: object) => Buffer.from(codec.encode(message as T).finish()),
    responseDeserialize: (bytes: Buffer): object => codec.decode(bytes),
  };
}
