import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { bookCollection, books, linesOf, startServer, TemporaryFolders, TestClient } from "../support/index.ts";

it("the log of a standalone names its process, calls, refused calls, and jobs that ended", async () => {
  await using folders = new TemporaryFolders();
  const [dataDir, root] = [await folders.create(), await folders.create()];
  await using server = await startServer({ dataDir, importRoots: [root] });
  using client = new TestClient(server.address);
  await client.createCollection(bookCollection("books"));
  await writeFile(join(root, "a.jsonl"), linesOf(books(10)));
  await client.importAndWait("books", [join(root, "a.jsonl")]);
  await fetch(`http://${server.address}/v2/vectordb/jobs/import/describe`, {
    method: "POST",
    body: '{"jobId":"12"}',
  });
  await server.stop(); // Until then the last line may be on its way.
  const lines = server.stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(new Set(lines.map(({ node }) => node)).size).toBe(1);
  const twice = (line: string) => ["node", "role", "service"].filter((name) => line.split(`"${name}":"`).length > 2);
  expect(server.stderr.trim().split("\n").flatMap(twice)).toEqual([]);
  expect(lines.find(({ msg }) => msg === "settings")).toMatchObject({ version: "0.1.0", pid: server.pid });
  expect(lines).toContainEqual(expect.objectContaining({ SSL_CERT_FILE: join(dataDir, "tls/cert.pem") }));
  expect(lines).toContainEqual(expect.objectContaining({ role: "proxy", msg: "call", method: "CreateCollection" }));
  const refused = { msg: "call refused", method: "/v2/vectordb/jobs/import/describe", reason: expect.any(String) };
  expect(lines).toContainEqual(expect.objectContaining(refused));
  const ended = { role: "rootcoord", msg: expect.stringMatching(/job (ended|completed)/), jobId: expect.any(String) };
  expect(lines).toContainEqual(expect.objectContaining(ended));
});
