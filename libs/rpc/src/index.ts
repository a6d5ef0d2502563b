import "./float-fast-path.ts";

export { callerHeaders } from "./caller-token.ts";
export { type CallSettings, type Client, connectClient, READER_ABSENT_MS } from "./client.ts";
export { decodeStoredSchema, schemaFromMessage } from "./collection-schema.ts";
export type { Address, ClientClass, Endpoint, GeneratedClient } from "./connection.ts";
export * as common from "./gen/common.ts";
export * as dataCoord from "./gen/data_coord.ts";
export * as importing from "./gen/import.ts";
export * as milvus from "./gen/milvus.ts";
export * as queryNode from "./gen/query_node.ts";
export * as rootCoord from "./gen/root_coord.ts";
export * as schema from "./gen/schema.ts";
export * as segmentReader from "./gen/segment_reader.ts";
export * as volume from "./gen/volume.ts";
export { idSource } from "./id-source.ts";
export { PassingQueryClient } from "./passing-query-client.ts";
export { RawMilvusClient } from "./raw-milvus-client.ts";
export {
  RootCoordClient,
  type RootCoordPublicServer,
  RootCoordPublicService,
  rootCoordMethods,
} from "./root-coord-client.ts";
export { type CallOfHandler, GrpcError, type ServedService } from "./served-methods.ts";
export {
  endOf,
  endsAtMsOf,
  type GrpcServer,
  type GrpcServerOptions,
  type Handlers,
  openGrpcServer,
  serializedAnswer,
  served,
} from "./server.ts";
export { checkStatus, isOk, okStatus, statusIn, statusOf, statusOfCall } from "./status.ts";
export { fieldBytesOf, releaseFields, unreadFieldsService } from "./unread-fields.ts";
export type { PeerCertificates } from "./watched-credentials.ts";
export { failureMessage, failureOfMessage } from "./wire/failures.ts";
export { type Row, rowsOf, valuesOf } from "./wire/field-rows.ts";
export { reportMessage, reportOfMessage } from "./wire/reports.ts";
export { logListsOfMessage, segmentMessage, segmentOfMessage } from "./wire/segments.ts";
