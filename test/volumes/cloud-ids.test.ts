import { beforeAll, describe, expect, it } from "@jest/globals";
import { bookCollection, books, jsonText, useRest, useServer } from "../support/index.ts";

// What clients of Zilliz Cloud call a project, a region and a cluster: any names are taken, unless the server has some of its own.

const fixture = useServer();
const rest = useRest(fixture);

// biome-ignore lint/suspicious/noExplicitAny: the shape is what tests check
async function call(method: string, path: string, body?: object | string): Promise<any> {
  const payload = typeof body === "object" ? JSON.stringify(body) : body;
  const response = await fetch(`${fixture.url}${path}`, { method, ...(payload !== undefined && { body: payload }) });
  return response.json();
}

const other = "is not that of this server, eu-1 (setting cloud-ids)";

it("any are taken, as long as the server has none", async () => {
  const ids = { projectId: "any", regionId: "us-1", clusterId: "in99" };
  expect(await call("POST", "/v2/volumes/create", { volumeName: "far", ...ids })).toMatchObject({ code: 0 });
  expect((await call("GET", "/v2/volumes/far")).data).toMatchObject({ regionId: "us-1", projectId: "any" });
  await call("PUT", "/v2/volumes/far/files/1.json", jsonText(books(10)));
  await fixture.client.createCollection(bookCollection("read"));
});

describe("a server that has names of its own", () => {
  beforeAll(() => fixture.restart("stop", { cloudIds: "shop/eu-1/in01-books" }));

  it("reads no files of a volume of another region", async () => {
    const refusal = {
      code: 63250,
      message: expect.stringContaining('"far" is in region us-1, and the cluster in eu-1'),
    };
    const about = { collectionName: "read", dataPaths: [["1.json"]] };
    expect(await rest.post("create", { ...about, volumeName: "far" })).toMatchObject(refusal);
    expect(await rest.post("create", { collectionName: "read", files: [["volume://far/1.json"]] })).toMatchObject(
      refusal,
    );
    expect(await call("POST", "/v2/volumes/far/inspect", { path: "1.json" })).toMatchObject(refusal);
  });

  it("takes them, and gives them to volumes that say none", async () => {
    const ids = { projectId: "shop", regionId: "eu-1", clusterId: "in01-books" };
    expect(await call("POST", "/v2/volumes/create", { volumeName: "named", ...ids })).toMatchObject({ code: 0 });
    await call("POST", "/v2/volumes/create", { volumeName: "plain", projectId: "", regionId: null });
    for (const name of ["named", "plain"])
      expect((await call("GET", `/v2/volumes/${name}`)).data).toMatchObject({ regionId: "eu-1", projectId: "shop" });
    expect((await call("GET", "/v2/volumes?projectId=shop")).data.count).toBe(2);
    await call("PUT", "/v2/volumes/named/files/1.json", jsonText(books(10)));
    const job = await rest.run({ collectionName: "read", volumeName: "named", dataPaths: [["1.json"]], ...ids });
    expect(job).toMatchObject({ state: "Completed", importedRows: 10 });
  });

  it.each<[what: string, path: string, body: object, code: number, message: string]>([
    ["region", "/v2/volumes/create", { volumeName: "x", regionId: "us-1" }, 63250, `regionId "us-1" ${other}`],
    ["project", "/v2/stages/apply", { stageName: "named", projectId: "y" }, 80020, 'projectId "y" is not that of this'],
    [
      "cluster",
      "/v2/vectordb/jobs/import/create",
      { collectionName: "read", files: [["1.json"]], clusterId: "z" },
      80020,
      'clusterId "z"',
    ],
    ["cluster", "/v2/etl/merge", { clusterId: "z" }, 80020, 'clusterId "z"'],
    ["cluster that is no text", "/v2/vectordb/jobs/import/list", { clusterId: 7 }, 1100, "clusterId must be a text"],
  ])("refuses another %s: %s", async (_, path, body, code, message) => {
    expect(await call("POST", path, body)).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("refuses another project in a query", async () => {
    expect(await call("GET", "/v2/volumes?projectId=other")).toMatchObject({ code: 80020 });
  });
});
