import { beforeAll, describe, expect, it } from "@jest/globals";
import { bookCollection, books, linesOf, TestClient, useServer } from "../support/index.ts";
import { callS3, type Grant } from "../volumes/s3-client.ts";

// What somebody may do with single volumes, by role and by key, through every door.

const fixture = useServer({ authorizationEnabled: true });
const root = "root:Milvus";

interface Answer {
  readonly code: number;
  readonly message?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what tests check
  readonly data: any;
}

async function call(token: string, method: string, path: string, body?: object | string): Promise<Answer> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const text = typeof body === "object" ? JSON.stringify(body) : body;
  const response = await fetch(`${fixture.url}/v2/${path}`, {
    method,
    headers,
    ...(text !== undefined && { body: text }),
  });
  const answer = await response.text();
  try {
    return { ...JSON.parse(answer), status: response.status };
  } catch {
    return { code: 0, data: answer };
  }
}
const asRoot = async (path: string, body: object): Promise<Answer> => {
  const answer = await call(root, "POST", path, body);
  expect([path, answer.code, answer.message]).toEqual([path, 0, undefined]);
  return answer;
};

const rows = (first: bigint) => linesOf(books(3, first));
const grants = { reader: "ReadVolume", writer: "WriteVolume", user: "UseVolume" } as const;
type Who = keyof typeof grants | "nobody";
const tokenOf = (who: Who) => `${who}:secret`;

beforeAll(async () => {
  using client = new TestClient(fixture.server.address, root);
  await client.createCollection(bookCollection("books"));
  for (const volumeName of ["library", "vault"]) {
    await asRoot("volumes/create", { volumeName });
    await call(root, "PUT", `volumes/${volumeName}/files/in/a.jsonl`, rows(1n));
    await call(root, "PUT", `volumes/${volumeName}/files/bad/a.jsonl`, '{"id": 1}\n');
  }
  for (const who of [...Object.keys(grants), "nobody"] as Who[]) {
    await asRoot("vectordb/users/create", { userName: who, password: "secret" });
    await asRoot("vectordb/roles/create", { roleName: who });
    await asRoot("vectordb/users/grant_role", { userName: who, roleName: who });
    const onBooks = { roleName: who, privilege: "CollectionReadWrite", dbName: "default", collectionName: "books" };
    await asRoot("vectordb/roles/grant_privilege_v2", onBooks);
    if (who === "nobody") continue;
    const onVolume = { roleName: who, objectType: "Volume", objectName: "library", privilege: grants[who] };
    await asRoot("vectordb/roles/grant_privilege", onVolume);
  }
});

/** What is done with a volume, and who of the three may. */
const doings: readonly (readonly [string, (token: string, name: string) => Promise<Answer>, readonly string[]])[] = [
  ["describe", (token, name) => call(token, "GET", `volumes/${name}`), ["reader", "writer", "user"]],
  ["describe as a stage", (token, name) => call(token, "GET", `stages/${name}`), ["reader", "writer", "user"]],
  ["files", (token, name) => call(token, "GET", `volumes/${name}/files`), ["reader"]],
  ["inspect", (token, name) => call(token, "POST", `volumes/${name}/inspect`, { path: "in/" }), ["reader"]],
  ["get", (token, name) => call(token, "GET", `volumes/${name}/files/in/a.jsonl`), ["reader"]],
  ["link to read", (token, name) => call(token, "POST", `volumes/${name}/presign`, { path: "in/a.jsonl" }), ["reader"]],
  [
    "link to write",
    (token, name) => call(token, "POST", `volumes/${name}/presign`, { path: "p", method: "put" }),
    ["writer"],
  ],
  ["put", (token, name) => call(token, "PUT", `volumes/${name}/files/put`, "x"), ["writer"]],
  ["apply", (token, name) => call(token, "POST", "volumes/apply", { volumeName: name, path: "" }), ["writer"]],
  ["apply to a stage", (token, name) => call(token, "POST", "stages/apply", { stageName: name, path: "" }), ["writer"]],
  ["begin an upload", (token, name) => call(token, "POST", `volumes/${name}/uploads`, { path: "p" }), ["writer"]],
  ["import", (token, name) => importing(token, name, {}), ["reader", "user"]],
  [
    "look before an import",
    (token, name) => call(token, "POST", "vectordb/jobs/import/inspect", { volumeName: name, dataPaths: [["in/"]] }),
    ["reader", "user"],
  ],
  ["change", (token, name) => call(token, "PATCH", `volumes/${name}`, { description: "x" }), []],
  ["drop", (token, name) => call(token, "DELETE", `volumes/${name}`), []],
];

const importing = (token: string, volumeName: string, options: object) =>
  call(token, "POST", "vectordb/jobs/import/create", {
    ...{ collectionName: "books", volumeName, dataPaths: [["in/"]], options },
  });

describe.each(["reader", "writer", "user"] as const)("%s of one volume", (who) => {
  it.each(doings)(
    "%s: with that one if the grant lets it, with others as if they were not there",
    async (what, act, may) => {
      const own = await act(tokenOf(who), "library");
      if (may.includes(who)) expect([own.code, own.message]).toEqual([0, undefined]);
      else if (may.length > 0) expect(own).toMatchObject({ code: 63249, message: expect.stringContaining("may not") });
      else expect(own.code).not.toBe(0);
      if (may.length === 0) return;
      for (const name of ["vault", "no-such"]) {
        const other = await act(tokenOf(who), name);
        expect([what, other.code, other.message]).toEqual([what, 63240, expect.stringContaining("not exist")]);
      }
    },
  );

  it("sees this one alone", async () => {
    const { data } = await call(tokenOf(who), "GET", "volumes");
    expect([data.count, data.volumes.map((one: { volumeName: string }) => one.volumeName)]).toEqual([1, ["library"]]);
    expect((await call(tokenOf("nobody"), "GET", "stages")).data).toMatchObject({ count: 0, stages: [] });
    expect((await call(tokenOf(who), "POST", "volumes/create", { volumeName: "mine" })).code).not.toBe(0);
    expect((await call(tokenOf(who), "POST", "volumes/apply", { path: "" })).code).not.toBe(0); // A temporary one.
  });
});

describe("rights to volumes", () => {
  it("are asked for by the privileges that give them", async () => {
    const told = async (answer: Promise<Answer>) => (await answer).message;
    const reading = await told(call(tokenOf("writer"), "GET", "volumes/library/files"));
    expect(reading).toContain("read its files: ask for a grant of ReadVolume on it");
    const writing = await told(call(tokenOf("reader"), "PUT", "volumes/library/files/put", "x"));
    expect(writing).toContain("write into it: ask for a grant of WriteVolume on it");
    const using = await told(importing(tokenOf("writer"), "library", {}));
    expect(using).toContain("import from it: ask for a grant of ReadVolume or UseVolume on it");
  });

  it("hold for folders, patterns, options and rejected rows of imports", async () => {
    const create = (body: object) =>
      call(tokenOf("user"), "POST", "vectordb/jobs/import/create", { collectionName: "books", ...body });
    expect((await create({ files: [["volume://library/in/*.jsonl"]] })).code).toBe(0);
    for (const files of [[["volume://vault/in/"]], [["volume://library/in/"], ["VOLUME://vault/in/a.jsonl"]]])
      expect(await create({ files })).toMatchObject({ code: 63240 });
    const chunks = [{ files: [{ path: "volume://vault/in/a.jsonl" }] }];
    expect((await create({ options: { external_data: { chunks } } })).code).not.toBe(0);
    const skip = { on_error: "skip" };
    const rejects = (token: Who, rejectPath: string) => importing(tokenOf(token), "library", { ...skip, rejectPath });
    expect(await rejects("user", "out/")).toMatchObject({ code: 63249 });
    expect(await rejects("user", "volume://vault/out/")).toMatchObject({ code: 63240 });
    const asked = { roleName: "user", objectType: "Volume", objectName: "library", privilege: "WriteVolume" };
    await asRoot("vectordb/roles/grant_privilege", asked);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(await rejects("user", "out/")).toMatchObject({ code: 0 });
    await asRoot("vectordb/roles/revoke_privilege", asked);
  });

  it("hide jobs that read other volumes, and what these left out", async () => {
    const { data } = await importing(root, "vault", { on_error: "skip" });
    for (const path of ["describe", "errors", "rejects"])
      expect((await call(tokenOf("user"), "POST", `vectordb/jobs/import/${path}`, data)).code).not.toBe(0);
    const { records } = (await call(tokenOf("user"), "POST", "vectordb/jobs/import/list", { collectionName: "books" }))
      .data;
    expect(records.map(({ jobId }: { jobId: string }) => jobId)).not.toContain(data.jobId);
  });

  it("end uploads and links with the grant that they were given out for", async () => {
    const { data } = await call(tokenOf("writer"), "POST", "volumes/apply", { volumeName: "library", path: "up/" });
    const grant = data as Grant;
    const put = () => callS3(grant, { method: "PUT", key: `${grant.volumePrefix}up/x`, body: "x" });
    expect((await put()).status).toBe(200);
    const { url } = (await call(tokenOf("reader"), "POST", "volumes/library/presign", { path: "in/a.jsonl" })).data;
    expect((await fetch(url)).status).toBe(200);
    for (const [roleName, privilege] of [
      ["writer", "WriteVolume"],
      ["reader", "ReadVolume"],
    ] as const) {
      const asked = { roleName, objectType: "Volume", objectName: "library", privilege };
      await asRoot("vectordb/roles/revoke_privilege", asked);
    }
    expect([(await put()).status, (await fetch(url)).status]).toEqual([403, 403]);
  });

  it("of a key reach the volumes that it names, by the grants of its roles", async () => {
    await asRoot("vectordb/roles/grant_privilege_v2", {
      ...{ roleName: "writer", privilege: "WriteVolume", dbName: "default", collectionName: "*" },
    });
    const make = async (more: object) =>
      (await asRoot("vectordb/api_keys/create", { roles: ["writer"], ...more })).data.apiKey as string;
    const [one, all] = [await make({ volumes: ["vault"] }), await make({})];
    const apply = (token: string, volumeName: string) => call(token, "POST", "volumes/apply", { volumeName, path: "" });
    expect([(await apply(one, "vault")).code, (await apply(one, "library")).code]).toEqual([0, 63240]);
    expect([(await apply(all, "vault")).code, (await apply(all, "library")).code]).toEqual([0, 0]);
    const { data } = await call(root, "POST", "vectordb/api_keys/list", {});
    expect(data.map((key: { volumes?: string[] }) => key.volumes)).toEqual([["vault"], undefined]);
    const refused = await call(root, "POST", "vectordb/api_keys/create", { roles: ["admin"], volumes: ["vault"] });
    expect(refused).toMatchObject({ code: 1100, message: expect.stringContaining("name no volumes") });
  });
});
