import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  bookCollection,
  books,
  linesOf,
  startServer,
  TemporaryFolders,
  TestClient,
  type TestServer,
} from "../support/index.ts";

const folders = new TemporaryFolders();
const lines = linesOf(books(3));
let server: TestServer;
let client: TestClient;
let roots: { first: string; second: string; outside: string };

beforeAll(async () => {
  const base = await folders.create();
  roots = { first: join(base, "first"), second: join(base, "second"), outside: join(base, "outside") };
  for (const folder of [join(base, "data"), ...Object.values(roots)])
    await mkdir(join(folder, "deep"), { recursive: true });
  await writeFile(join(roots.first, "deep/rows.jsonl"), lines);
  await writeFile(join(roots.second, "deep/other.jsonl"), lines);
  await writeFile(join(roots.outside, "secret.jsonl"), lines);
  await symlink(join(roots.outside, "secret.jsonl"), join(roots.first, "link.jsonl"));
  await symlink(roots.outside, join(roots.first, "linked-folder"));
  await symlink(join(roots.first, "deep/rows.jsonl"), join(roots.first, "inner-link.jsonl"));
  server = await startServer({ dataDir: join(base, "data"), importRoots: [roots.first, roots.second] });
  client = new TestClient(server.address);
  await client.createCollection(bookCollection("rooted"));
});

afterAll(async () => {
  client?.[Symbol.dispose]();
  await server?.stop();
  await folders[Symbol.asyncDispose]();
});

describe("files below an import root", () => {
  it.each([
    ["an absolute path", () => join(roots.first, "deep/rows.jsonl")],
    ["an absolute path below the second root", () => join(roots.second, "deep/other.jsonl")],
    ["a relative path", () => "deep/rows.jsonl"],
    ["a relative path below the second root", () => "deep/other.jsonl"],
    ["a relative path with a leading slash", () => "/deep/rows.jsonl"],
    ["dots that stay inside", () => "deep/../deep/rows.jsonl"],
    ["a link that stays inside", () => "inner-link.jsonl"],
  ])("are found by %s", async (_, path) => {
    const before = await client.count("rooted");
    expect((await client.importAndWait("rooted", [path()])).rowCount).toBe(3);
    expect(await client.count("rooted")).toBe(before + 3);
  });
});

describe("files outside all import roots", () => {
  it.each([
    ["an absolute path", () => join(roots.outside, "secret.jsonl")],
    ["dots", () => join(roots.first, "../outside/secret.jsonl")],
    ["relative dots", () => "../outside/secret.jsonl"],
    ["a link to a file", () => "link.jsonl"],
    ["a link to a folder", () => "linked-folder/secret.jsonl"],
  ])("are refused by %s, and the setting is named", async (_, path) => {
    const before = await client.count("rooted");
    await expect(client.import("rooted", [path()])).rejects.toThrow(/import-root/);
    expect(await client.count("rooted")).toBe(before);
  });

  it("are not told from missing ones by the folders of the machine", async () => {
    for (const path of ["none.jsonl", join(roots.outside, "secret.jsonl"), "../outside/secret.jsonl"]) {
      const error = await client.import("rooted", [path]).catch((reason: Error) => reason);
      expect(String(error).replaceAll(path, "")).not.toContain(join(roots.first, ".."));
    }
  });

  it.each<Record<string, string>>([{ bucket: "data" }, { objectUrl: "s3://data/deep" }, { access_key: "k" }])(
    "is refused to a request that means another place: %j",
    async (options) => {
      const before = await client.count("rooted");
      await expect(client.import("rooted", ["deep/rows.jsonl"], { options })).rejects.toThrow(/source|bucket/);
      expect(await client.count("rooted")).toBe(before);
    },
  );

  it("a folder is no file", async () => {
    await expect(client.import("rooted", ["deep.jsonl"])).rejects.toThrow(/deep\.jsonl/);
  });
});
