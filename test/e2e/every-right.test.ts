import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { bookCollection, TestClient, useRestCalls, useServer } from "../support/index.ts";
import { allPrivileges, doors, ofAdmins, ofAll, ofCluster, ofDatabase, ofKnown, ofPassersBy } from "./doors.ts";

// Each method of gRPC and each route, with the one right that it needs and with every right but that. Who is not known gets in by no door:
// every-door.test.ts.

const fixture = useServer({ authorizationEnabled: true });
const asRoot = useRestCalls(fixture, { authorization: "Bearer root:Milvus" });

interface Route {
  readonly verb: string;
  readonly path: string;
  readonly members: readonly string[];
}

/** Every route that the server says it has, by the name that it has above. */
async function servedRoutes(): Promise<ReadonlyMap<string, Route>> {
  const headers = { authorization: "Bearer root:Milvus" };
  const { paths } = (await (await fetch(`${fixture.url}/v2/openapi.json`, { headers })).json()) as Document;
  const all = Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, { requestBody }]) => {
      const members = Object.keys(requestBody?.content["application/json"].schema.properties ?? {});
      const isNamedByVerb = ["delete", "patch"].includes(verb) || path.endsWith("/uploads");
      const short = path.replace(/^\/v2\/vectordb\//, "");
      return [
        isNamedByVerb ? `${verb.toUpperCase()} ${short}` : short,
        { verb: verb.toUpperCase(), path, members },
      ] as const;
    }),
  );
  // The twins of volumes under their older name have the same functions.
  return new Map(all.filter(([name]) => !name.includes("/v2/stages")));
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly requestBody?: { readonly content: Record<"application/json", { readonly schema: { properties?: object } }> };
}

/** What a call has come to: `in` where it was let in, whatever it found there. */
type Outcome = "in" | "denied" | "hidden" | "unknown" | "not served";

/** What is asked about: what there is where the right is for it alone, what there is not where the call would do something. */
const about = {
  ...{
    collectionName: "books",
    alias: "nowhere",
    aliasName: "nowhere",
    partitionName: "nowhere",
    indexName: "nowhere",
  },
  ...{ partitionNames: ["nowhere"], collectionNames: ["books"], fieldName: "nowhere", text: ["x"], filter: "id == 1" },
  ...{ username: "nowhere", userName: "nowhere", roleName: "nowhere", groupName: "nowhere", oldName: "nowhere" },
  ...{ privilegeGroupName: "nowhere", newName: "elsewhere", newCollectionName: "elsewhere", dbName: "default" },
  ...{ objectType: "Global", objectName: "*", privilege: "Query", password: "secret", dimension: 4, id: [1] },
  ...{
    data: [[1, 2, 3, 4]],
    limit: 1,
    rerank: { strategy: "rrf" },
    search: [{ limit: 1, annsField: "embedding", data: [[1, 2, 3, 4]] }],
    jobID: 1,
    indexParams: [{ fieldName: "nowhere" }],
    files: [["nowhere.jsonl"]],
  },
  ...{ volumeName: "library", path: "in/", file: "nowhere", byteOffset: 0, options: {}, to: "volume://library/out" },
  ...{ collection_name: "books", targetCollectionName: "elsewhere", destCollectionName: "elsewhere", keyId: "nowhere" },
  ...{ properties: {}, propertyKeys: [] },
};
/** These would do something with the books. */
const elsewhere = { collectionName: "nowhere" };
const dangerous = [
  "createCollection",
  "alterCollection",
  "dropCollection",
  "truncateCollection",
  "createAlias",
  "alterAlias",
];
const fieldSchema = { fieldName: "id", dataType: "Int64", fields: [{ fieldName: "id", dataType: "Int64" }] };
const ownBodies: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    ["drop", "truncate", "alter_properties", "drop_properties", "fields/alter_properties", "rename"].map((name) => [
      `collections/${name}`,
      elsewhere,
    ]),
  ),
  "aliases/create": elsewhere,
  "aliases/alter": elsewhere,
  "collections/fields/add": { schema: fieldSchema },
  "collections/struct_fields/add": { schema: fieldSchema },
  "/v1/vector/collections/import": { files: [["nowhere.jsonl"]] },
  "/api/v1/import": { files: ["nowhere.jsonl"], options: [] },
  // Without indexes, which need rights of their own.
  "collections/create": { ...elsewhere, schema: { fields: [] }, indexParams: [] },
};
/** Of a body or query that names one source of an import. */
const otherSources = ["volumeName", "stageName", "dataPaths", "objectUrl", "objectUrls"];

let jobId: string;
let collectionID: number;
let uploadId: string;
const keys = { one: "", rest: "", nobody: "" };
type Who = keyof typeof keys;
let clients: Readonly<Record<Who, TestClient>>;
let routes: ReadonlyMap<string, Route>;

beforeAll(async () => {
  using root = new TestClient(fixture.server.address, "root:Milvus");
  await root.createCollection(bookCollection("books"));
  await writeFile(join(fixture.importRoot, "bad.jsonl"), "{}\n");
  const failed = await root.import("books", ["bad.jsonl"]);
  await root.waitFor(failed);
  jobId = String(failed);
  ({ collectionID } = await asRoot.data("collections/describe", { collectionName: "books" }));
  await asRoot.data("../volumes/create", { volumeName: "library" });
  ({ uploadId } = await asRoot.data("../volumes/library/uploads", { path: "u" }));
  for (const who of Object.keys(keys) as Who[]) {
    await asRoot.data("roles/create", { roleName: who });
    keys[who] = (await asRoot.data("api_keys/create", { roles: [who] })).apiKey;
  }
  const { address } = fixture.server;
  clients = {
    ...{ one: new TestClient(address, keys.one), rest: new TestClient(address, keys.rest) },
    nobody: new TestClient(address, keys.nobody),
  };
  for (const privilege of allPrivileges) await grant("rest", privilege, true);
  routes = await servedRoutes();
});
afterAll(() => {
  for (const client of Object.values(clients)) client[Symbol.dispose]();
});

/** On the books, or as far as the privilege reaches. */
async function grant(roleName: Who, privilege: string, isGranted: boolean): Promise<void> {
  const [dbName, collectionName] = placeOf(privilege);
  const action = isGranted ? "grant" : "revoke";
  await asRoot.data(`roles/${action}_privilege_v2`, { roleName, privilege, dbName, collectionName });
}

function placeOf(privilege: string): readonly [dbName: string, collectionName: string] {
  if (privilege.endsWith("Volume")) return ["*", "library"];
  if (ofCluster.includes(privilege)) return ["*", "*"];
  return ["default", ofDatabase.includes(privilege) ? "*" : "books"];
}

async function byMethod(method: string, who: Who): Promise<Outcome> {
  const { requestDeserialize } = milvus.MilvusServiceService[method as keyof typeof milvus.MilvusServiceService];
  const empty = requestDeserialize(Buffer.alloc(0)) as object;
  const named = { ...about, ...(dangerous.includes(method) && elsewhere) };
  const isLike = (name: string, value: unknown) =>
    name in empty &&
    typeof empty[name as never] === typeof value &&
    Array.isArray(empty[name as never]) === Array.isArray(value);
  const known = Object.entries(named).filter(([name, value]) => isLike(name, value));
  const request = { ...empty, ...Object.fromEntries(known), ...("task" in empty && { task: BigInt(jobId) }) };
  const call = (clients[who].raw as unknown as Record<string, (request: object) => Promise<GrpcAnswer>>)[method];
  return call(request).then(
    ({ status, reason = status?.reason ?? "" }) => outcomeOf(reason),
    ({ message }) => outcomeOf(message),
  );
}

interface GrpcAnswer {
  readonly reason?: string;
  readonly status?: { readonly reason: string };
}

function outcomeOf(reason: string): Outcome {
  if (/can't find collection\[database=default\]\[collection=books\]|job does not exist|volume not exist/.test(reason))
    return "hidden";
  if (/ is not supported by this server/.test(reason)) return "not served";
  return /may not|permission deny/.test(reason) ? "denied" : "in";
}

async function byRoute(name: string, who: Who): Promise<Outcome> {
  const { verb, path, members } = routes.get(name) as Route;
  const isCopy = /jobs\/(copy|merge)|etl\/merge/.test(name);
  const named = { ...about, ...ownBodies[name], jobId, ...(name === "segments/describe" && { collectionID }) };
  const isSource = (member: string) => otherSources.includes(member) && members.includes("files");
  const body = Object.entries(named).filter(
    ([member]) =>
      members.includes(member) && !isSource(member) && !(isCopy && ["to", "files", "partitionNames"].includes(member)),
  );
  const parts = { name: "library", id: jobId, uploadId, rest: "nowhere", file: "main.js" };
  const filled = path.replace(/\{(\w+)\}/g, (_, part: keyof typeof parts) => parts[part]);
  const query = verb === "GET" && /import\/(get|state|events)$/.test(path) ? `?jobId=${jobId}&task=${jobId}` : "";
  const answer = await fetch(`${fixture.url}${filled.startsWith("/") ? "" : "/"}${filled}${query}`, {
    ...{ method: verb, headers: { authorization: `Bearer ${keys[who]}` } },
    ...(verb === "POST" && { body: JSON.stringify(Object.fromEntries(body)) }),
  });
  if (answer.status === 403) return "denied";
  if (answer.status === 401) return "unknown";
  const text = await answer.text();
  return /^{"code":(0|200),|^{"openapi"/.test(text) ? "in" : outcomeOf(text);
}

const words = (text: string) => text.split(" ").filter((word) => word !== "");
const routesIn = (text: string) => words(text).map((word) => word.replace("_/", " /"));

/** Of each door what it comes to. */
async function outcomes(methods: readonly string[], names: readonly string[], who: Who) {
  const all: Record<string, Outcome> = {};
  for (const method of methods) all[method] = await byMethod(method, who);
  for (const name of names) all[name] = await byRoute(name, who);
  return all;
}

function each(methods: readonly string[], names: readonly string[], outcome: Outcome) {
  return Object.fromEntries([...methods, ...names].map((door) => [door, outcome]));
}

describe("a door", () => {
  it("of each method and route stands in the table", () => {
    const named = [
      ...Object.values(doors).flatMap(([, names]) => routesIn(names)),
      ...[...routesIn(ofKnown.routes), ...routesIn(ofAll.routes), ...words(ofPassersBy), ...ofAdmins],
    ];
    expect([...routes.keys()].sort()).toEqual(named.sort());
  });

  it.each(Object.keys(doors))("opens to %s alone, and to nothing else", async (needed) => {
    const [methods, names] = [words(doors[needed][0]), routesIn(doors[needed][1])];
    for (const privilege of words(needed)) {
      await grant("one", privilege, true);
      const found = await outcomes(methods, names, "one");
      await grant("one", privilege, false);
      expect([privilege, found]).toEqual([privilege, each(methods, names, "in")]);
      await grant("rest", privilege, false);
    }
    const found = await outcomes(methods, names, "rest");
    for (const privilege of words(needed)) await grant("rest", privilege, true);
    // A volume that somebody may do nothing with is not there.
    expect(found).toEqual(each(methods, names, needed.includes("UseVolume") ? "hidden" : "denied"));
  });

  it("of what everybody may know opens to who has any right to the collection, and to nobody else", async () => {
    const [methods, names] = [words(ofKnown.methods), routesIn(ofKnown.routes)];
    expect(await outcomes(methods, names, "nobody")).toEqual(each(methods, names, "hidden"));
    await grant("one", "GetFlushState", true);
    const found = await outcomes(methods, names, "one");
    await grant("one", "GetFlushState", false);
    expect(found).toEqual(each(methods, names, "in"));
  });

  it("that is open to all who are known opens without any right", async () => {
    const [methods, names] = [words(ofAll.methods), routesIn(ofAll.routes)];
    const found = await outcomes(methods, names, "nobody");
    // It names the books to compare with an analyzer of theirs.
    expect(found).toEqual({ ...each(methods, names, "in"), runAnalyzer: "hidden", "common/run_analyzer": "hidden" });
  });

  it("of a quick collection opens to who may index and load it, too, and makes nothing for others", async () => {
    const make = () =>
      useRestCalls(fixture, { authorization: `Bearer ${keys.one}` }).post("collections/create", {
        collectionName: "quick",
        dimension: 4,
      });
    const [needed, found] = [["CreateCollection", "CreateIndex", "Load"], [] as unknown[]];
    for (const privilege of needed) {
      const there = { collectionName: "quick" };
      found.push([(await make()).code, (await asRoot.data("collections/has", there)).has]);
      await asRoot.data("roles/grant_privilege_v2", {
        roleName: "one",
        privilege,
        dbName: "default",
        collectionName: "*",
      });
    }
    expect([found, (await make()).code]).toEqual([
      [
        [65535, false],
        [65535, false],
        [65535, false],
      ],
      0,
    ]);
    for (const privilege of needed)
      await asRoot.data("roles/revoke_privilege_v2", {
        roleName: "one",
        privilege,
        dbName: "default",
        collectionName: "*",
      });
  });

  it("of admins opens to nobody else, whatever else they may do", async () => {
    const others = Object.keys(milvus.MilvusServiceService).filter(
      (method) =>
        ![
          ...Object.values(doors).flatMap(([methods]) => words(methods)),
          ...words(ofKnown.methods),
          ...words(ofAll.methods),
          "dummy",
        ].includes(method),
    );
    const found = await outcomes(others, ofAdmins, "rest");
    const wrong = Object.entries(found).filter(([, outcome]) => outcome !== "denied" && outcome !== "not served");
    expect(wrong).toEqual([]);
  });
});
