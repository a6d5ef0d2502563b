import { ModelServers } from "@sluice/embedding";
import { StatusError } from "@sluice/errors";
import type { MetaStore } from "@sluice/metastore";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { type milvus, RootCoordClient, schema as wire } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { createDdlHandlers, type Ddl, type DdlHandlers, type DdlMethod, type DdlOptions } from "../../src/ddl/index.ts";
import { IdAllocator } from "../../src/id-allocator.ts";
import { TsoService } from "../../src/tso-service.ts";

/** 2026-01-01 UTC. */
export const startMs = 1_767_225_600_000;

type Request<K extends DdlMethod> = Parameters<DdlHandlers[K]>[0];
type Response<K extends DdlMethod> = Awaited<ReturnType<DdlHandlers[K]>>;

/** The collection side over a memory store, with calls that fill in what a client leaves out. */
export interface TestDdl extends Ddl {
  readonly store: MetaStore;
  readonly dropped: bigint[];
  call<K extends DdlMethod>(method: K, request: Partial<Request<K>>): Promise<Response<K>>;
  /** Creates a collection of a key and a vector, or of the given schema. */
  create(name: string, schema?: SchemaParts, request?: Partial<milvus.CreateCollectionRequest>): Promise<unknown>;
  /** An index on the vector `v`, then load. */
  load(name: string): Promise<void>;
}

type SchemaParts = Parameters<typeof wire.CollectionSchema.fromPartial>[0];
type FieldParts = Parameters<typeof wire.FieldSchema.fromPartial>[0];

export async function openDdl(
  options: Partial<DdlOptions> = {},
  store: MetaStore = new MemoryMetaStore(),
): Promise<TestDdl> {
  const dropped: bigint[] = [];
  const ddl = createDdlHandlers({
    store,
    ids: await IdAllocator.open(store),
    tso: await TsoService.open(store, () => startMs),
    now: () => startMs,
    rowCounts: async () => ({ rows: 0n, partitions: new Map() }),
    onDropped: (id) => dropped.push(id),
    openJobs: () => [],
    onRenamed: () => {},
    queryNodes: () => 3,
    models: new ModelServers({}),
    ...options,
  });
  const call = <K extends DdlMethod>(method: K, request: Partial<Request<K>>) =>
    ddl.handlers[method]({ ...emptyRequest(method), ...request }) as Promise<Response<K>>;
  const create: TestDdl["create"] = (name, schema = {}, request = {}) =>
    call("createCollection", { collectionName: name, schema: schemaBytes({ name, ...schema }), ...request });
  const load = async (name: string) => {
    await call("createIndex", { collectionName: name, fieldName: "v" });
    await call("loadCollection", { collectionName: name });
  };
  return { ...ddl, store, dropped, call, create, load };
}

/** The request as it comes off the wire when a client sets nothing. */
function emptyRequest<K extends DdlMethod>(method: K): Request<K> {
  return RootCoordClient.service[method].requestDeserialize(Buffer.alloc(0)) as Request<K>;
}

export const idField = (parts: FieldParts = {}) =>
  wire.FieldSchema.fromPartial({ name: "id", dataType: DataType.Int64, isPrimaryKey: true, ...parts });

export const vectorField = (parts: FieldParts = {}) =>
  field({ name: "v", dataType: DataType.FloatVector, typeParams: pairs({ dim: "4" }), ...parts });

export const field = (parts: FieldParts) => wire.FieldSchema.fromPartial(parts);

export function pairs(values: Record<string, string>): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

/** A schema message; without fields it has a key `id` and a vector `v`. */
export function schemaOf(parts: SchemaParts = {}): wire.CollectionSchema {
  return wire.CollectionSchema.fromPartial({ name: "c", fields: [idField(), vectorField()], ...parts });
}

export function schemaBytes(parts: SchemaParts = {}): Buffer {
  return Buffer.from(wire.CollectionSchema.encode(schemaOf(parts)).finish());
}

/** `code reason` of a refusal, `ok` of an answer. Anything else that is thrown fails the test. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return `${error.code} ${error.message}`;
  }
}
