import { describe, expect, it } from "@jest/globals";
import { bookCollection, books, eventually, linesOf, useRest, useServer } from "../support/index.ts";

const fixture = useServer();
const rest = useRest(fixture);

const call = (method: string, path: string, body?: string) =>
  fetch(`${fixture.url}/v2/volumes/${path}`, { method, ...(body !== undefined && { body }) });
// biome-ignore lint/suspicious/noExplicitAny: the shape is what tests check
const json = async (method: string, path: string, body?: object): Promise<any> =>
  (await call(method, path, body && JSON.stringify(body))).json();

const good = linesOf(books(4, 0n));
const bad = '{"id": 90, "title": "short", "vector": [1, 2]}\n{"id": "x", "title": "no key"}\n';

/** A volume with a file of four good rows and two bad ones. */
async function volumeWithBadRows(volumeName: string): Promise<void> {
  await json("POST", "create", { volumeName });
  await call("PUT", `${volumeName}/files/in/a.jsonl`, good + bad);
  await call("PUT", `${volumeName}/files/in/b.jsonl`, bad);
}

const filesIn = async (volumeName: string, prefix: string): Promise<string[]> =>
  (await json("GET", `${volumeName}/files?prefix=${prefix}`)).data.files.map(({ path }: { path: string }) => path);

const skip = { on_error: "skip" };

describe("rows that an import leaves out", () => {
  it("are written into its volume before it is completed, as rows and as a table of reasons", async () => {
    await volumeWithBadRows("r1");
    await fixture.client.createCollection(bookCollection("r1"));
    const asked = { volumeName: "r1", dataPaths: [["in/"]], options: { onError: "skip", rejectPath: "/bad/" } };
    const job = await rest.run({ collectionName: "r1", ...asked });
    expect(job).toMatchObject({ state: "Completed", importedRows: 4, rejectedRows: 4 });
    const folder = `bad/${job.jobId}/`;
    expect(job.rejects).toMatchObject({ path: `volume://r1/${folder}`, files: 3, rows: 4 });
    const names = ["_reasons.parquet", "rejected-0-0.jsonl", "rejected-1-0.jsonl"];
    expect(await filesIn("r1", "bad/")).toEqual(names.map((name) => folder + name));
    expect(await (await call("GET", `r1/files/${folder}rejected-0-0.jsonl`)).text()).toBe(bad);
    const { data } = await json("POST", "r1/inspect", { path: `${folder}_reasons.parquet` });
    const [{ sample: rows, rowCount }] = data.files;
    expect(rowCount).toBe(4);
    expect(rows[0]).toMatchObject({
      _file: "volume://r1/in/a.jsonl",
      _row: 4,
      _column: "vector",
      _code: "value_invalid",
    });
    expect(rows[1]).toMatchObject({ _row: 5, _column: "id", _message: expect.stringContaining("id") });
    expect(rows[2]).toMatchObject({ _file: "volume://r1/in/b.jsonl", _row: 0 });
  });

  it("are read from there as a folder of files, without the table of reasons", async () => {
    const { records } = (await rest.post("list", { collectionName: "r1" })).data;
    const dataPaths = [[`bad/${records[0].jobId}/`]];
    const dry = await rest.run({ collectionName: "r1", stageName: "r1", dataPaths, options: { dry_run: true } });
    expect([dry.state, dry.rejectedRows, dry.details.length]).toEqual(["Completed", 4, 2]);
  });

  it("go nowhere when there are none, and the job says so", async () => {
    await fixture.client.createCollection(bookCollection("r2"));
    await call("PUT", "r1/files/good.jsonl", good);
    const options = { ...skip, reject_path: "volume://r1/none/" };
    const job = await rest.run({ collectionName: "r2", files: [["volume://r1/good.jsonl"]], options });
    expect(job.rejects).toEqual({ path: `volume://r1/none/${job.jobId}/`, files: 0, rows: 0, sizeBytes: 0 });
    expect(await filesIn("r1", "none/")).toEqual([]);
  });

  it("are asked to go where they can: anything else is refused before the import begins", async () => {
    const create = (reject_path: string, options: object = skip) =>
      rest.post("create", { collectionName: "r2", files: [["volume://r1/in/"]], options: { reject_path, ...options } });
    const refused = (code: number, text: string) => ({ code, message: expect.stringContaining(text) });
    expect(await create("bad/")).toMatchObject(refused(2100, "volume://NAME/FOLDER/"));
    expect(await create("s3://bucket/bad/")).toMatchObject(refused(2100, "volume://NAME/FOLDER/"));
    expect(await create("volume://none/bad/")).toMatchObject(refused(63240, "not exist"));
    for (const path of ["../out/", "a/../../out/", "a\\b/", "a/\u0000/", `${"x".repeat(1000)}/`])
      expect(await create(`volume://r1/${path}`)).toMatchObject({ code: 63247 });
    expect(await create("volume://r1/bad/", {})).toMatchObject(refused(2100, "on_error=skip"));
    expect(await create("volume://r1/bad/", { ...skip, dry_run: true })).toMatchObject(refused(2100, "dry run"));
    await json("POST", "create", { volumeName: "frozen" });
    await json("PATCH", "frozen", { status: "FROZEN" });
    expect(await create("volume://frozen/bad/")).toMatchObject(refused(63245, "frozen"));
  });

  it("are there when so many are left out that the import fails, and it says where", async () => {
    await fixture.client.createCollection(bookCollection("r4"));
    const options = { on_error: "skip:49%", reject_path: "volume://r1/many/" };
    const job = await rest.run({ collectionName: "r4", files: [["volume://r1/in/"]], options });
    expect(job).toMatchObject({ state: "Failed", reason: expect.stringContaining("4 of 8 rows cannot be imported") });
    const folder = `many/${job.jobId}/`;
    expect(job.rejects).toMatchObject({ path: `volume://r1/${folder}`, files: 3, rows: 4 });
    const names = ["_reasons.parquet", "rejected-0-0.jsonl", "rejected-1-0.jsonl"];
    expect(await filesIn("r1", "many/")).toEqual(names.map((name) => folder + name));
    expect(await fixture.client.count("r4")).toBe(0);
  });

  it("cost no row that was imported when their volume is gone by then", async () => {
    await json("POST", "create", { volumeName: "gone" });
    await fixture.client.createCollection(bookCollection("r3"));
    const options = { ...skip, auto_commit: "false", reject_path: "volume://gone/" };
    const body = { collectionName: "r3", files: [["volume://r1/in/"]], options };
    const { data } = await rest.post("create", body);
    await eventually(async () => expect((await rest.post("describe", data)).data.state).toBe("Uncommitted"));
    await json("DELETE", "gone");
    await json("POST", "create", { volumeName: "gone" }); // Another one.
    await rest.post("commit", data);
    const job = await rest.ended(data.jobId);
    expect(job).toMatchObject({ state: "Completed", importedRows: 4 });
    expect(job.rejects).toMatchObject({ files: 0, refusal: expect.stringContaining("not exist") });
    expect(await filesIn("gone", "")).toEqual([]);
  });
});
