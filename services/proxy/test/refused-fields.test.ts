import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import type { ProxyContext } from "../src/context.ts";
import type { ImportRequests } from "../src/jobs/import-requests.ts";
import { milvusOperations } from "../src/operations/milvus-operations.ts";
import { intercepted, type Operations } from "../src/operations/operations.ts";
import { refusedFields, withoutRefusedFields } from "../src/refused-fields.ts";
import type { RowCalls } from "../src/rows/row-calls.ts";

/**
 * Fields that no handler reads, whose answer would be the same if one did. Fields of all methods first: `base` says which message it
 * is, and when it was made.
 */
const passedOver: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  loadCollection: {
    skipLoadDynamicField: "the dynamic field can be read as well",
    loadParams: "a priority: nothing has to be loaded before it is read",
  },
  loadPartitions: {
    skipLoadDynamicField: "as of loadCollection",
    loadParams: "as of loadCollection",
  },
  insert: { hashKeys: "keys are hashed here, by the same function" },
  upsert: { hashKeys: "keys are hashed here, by the same function" },
  delete: {
    hashKeys: "keys are hashed here, by the same function",
    consistencyLevel: "a delete meets all that was answered before it",
  },
  query: {
    notReturnAllMeta: "answers have all of it",
    consistencyLevel: "a read sees all that was answered before it",
    useDefaultConsistency: "a read sees all that was answered before it",
  },
  search: {
    notReturnAllMeta: "answers have all of it",
    consistencyLevel: "a read sees all that was answered before it",
    useDefaultConsistency: "a read sees all that was answered before it",
    dslType: "the filter is an expression, whatever it is called",
    nq: "the vectors are counted",
  },
  hybridSearch: {
    notReturnAllMeta: "answers have all of it",
    consistencyLevel: "a read sees all that was answered before it",
    useDefaultConsistency: "a read sees all that was answered before it",
  },
  import: {
    channelNames: "rows go to the shard that their key says",
    rowBased: "files say what they are",
  },
  getFlushState: {
    segmentIDs: "what is answered is durable: everything is flushed",
    flushTs: "as segmentIDs",
    collectionName: "as segmentIDs",
    dbName: "as segmentIDs",
  },
  flushAll: { flushTargets: "everything is flushed", dbName: "everything is flushed" },
  getFlushAllState: {
    flushTargets: "everything is flushed",
    flushAllTs: "everything is flushed",
    flushAllTss: "everything is flushed",
    dbName: "everything is flushed",
  },
  getReplicas: { withShardNodes: "nodes are always named" },
  manualCompaction: { timetravel: "old clients' tolerance: a compaction applies the deletes up to now" },
  alterDatabase: { dbId: "the name says which" },
  alterCollectionSchema: {
    addRequest: "what drops nothing adds",
    doPhysicalBackfill: "rows from before read as null, or as the default, whether or not it is written into them",
  },
  describeIndex: { timestamp: "an index is finished, whenever it is asked for" },
  getIndexStatistics: { timestamp: "an index is finished, whenever it is asked for" },
  operatePrivilege: { version: "which of two calls the client has made; both grant alike" },
  createCredential: { createdUtcTimestamps: "the client's clock", modifiedUtcTimestamps: "the client's clock" },
  updateCredential: { createdUtcTimestamps: "the client's clock", modifiedUtcTimestamps: "the client's clock" },
  getMetrics: { request: "every request is refused" },
};

const root = join(import.meta.dirname, "../../..");
const operations = milvusOperations(
  { root: {}, data: {}, query: {} } as ProxyContext,
  {} as ImportRequests,
  {} as RowCalls,
);

/** Names of the fields of each message of the public interface, as our code has them. */
function fieldsOfMessages(): Map<string, string[]> {
  const proto = readFileSync(join(root, "protos/milvus/milvus.proto"), "utf8");
  const field = /^\s+(?:repeated |optional )?(?:map<[^>]+>|[\w.]+) (\w+) = \d+/gm;
  const messages = proto.matchAll(/^message (\w+) \{\n([\s\S]*?)^\}/gm);
  return new Map(
    Array.from(messages, ([, name, body]) => [name, Array.from(body.matchAll(field), ([, one]) => camel(one))]),
  );
}

const camel = (name: string) => name.replace(/_([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());

/** Every word of the sources that handle requests. */
function wordsOfSources(): Set<string> {
  const folders = ["proxy", "rootcoord", "datacoord", "querynode"].map((name) => join(root, "services", name, "src"));
  const libs = ["fields", "jobs", "access"].map((name) => join(root, "libs", name, "src"));
  const words = new Set<string>();
  for (const folder of [...folders, ...libs])
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts") || name === "refused-fields.ts") continue;
      for (const [word] of readFileSync(join(folder, name), "utf8").matchAll(/\w+/g)) words.add(word);
    }
  return words;
}

describe("fields of requests", () => {
  const messages = fieldsOfMessages();
  const words = wordsOfSources();
  const proto = readFileSync(join(root, "protos/milvus/milvus.proto"), "utf8");
  const methods = Array.from(
    proto.matchAll(/rpc (\w+)\((\w+)\)/g),
    ([, name, message]) => [name[0].toLowerCase() + name.slice(1), message] as const,
  ).filter(([name]) => name in operations);

  it("are found for every method that is answered", () => {
    expect(methods.length).toBeGreaterThan(70);
    for (const [, message] of methods) expect([message, messages.has(message)]).toEqual([message, true]);
  });

  it.each(methods)("of %s are read, refused, or passed over for a reason", (method, message) => {
    const refused = Object.keys(refusedFields[method as keyof typeof operations] ?? {});
    const listed = Object.keys(passedOver[method] ?? {});
    const fields = messages.get(message) ?? [];
    const known = new Set([...refused, ...listed, "base"]);
    expect(fields.filter((field) => !known.has(field) && !words.has(field))).toEqual([]);
    for (const name of [...refused, ...listed]) expect(fields).toContain(name);
  });

  it("are listed for methods that there are", () => {
    const names = new Set(methods.map(([name]) => name));
    for (const name of [...Object.keys(refusedFields), ...Object.keys(passedOver)]) expect(names).toContain(name);
  });
});

describe("fields that nobody reads and that ask for something", () => {
  const answered = { search: async () => "answered", hybridSearch: async () => "answered" };
  const refusing = intercepted(answered as unknown as Operations, [withoutRefusedFields]) as unknown as Record<
    keyof typeof answered,
    (request: object, call: object) => Promise<unknown>
  >;
  const search = (more: Parameters<typeof milvus.SearchRequest.fromPartial>[0]) =>
    refusing.search(milvus.SearchRequest.fromPartial(more), {});

  it("are refused with what to do", async () => {
    await expect(search({ namespace: "" })).rejects.toMatchObject({
      code: 1100,
      message: expect.stringMatching(
        /^namespace data is set but namespace disabled.*partition key: invalid parameter$/,
      ),
    });
    await expect(search({ travelTimestamp: 5n })).rejects.toThrow("travel_timestamp is not supported");
    await expect(search({ subReqs: [{}] })).rejects.toThrow("HybridSearch");
    const nested = milvus.HybridSearchRequest.fromPartial({ requests: [{}, { namespace: "a" }] });
    await expect(refusing.hybridSearch(nested, {})).rejects.toThrow("namespace data is set");
  });

  it("are let pass where they ask for nothing", async () => {
    expect(await search({})).toBe("answered");
    expect(await search({ travelTimestamp: 2n ** 64n - 1n })).toBe("answered");
    expect(await refusing.search({}, {})).toBe("answered");
  });
});
