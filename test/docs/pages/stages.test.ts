import { expect, it } from "@jest/globals";
import { bookFields, itWith, pythonOf, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser, runWithSluice } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/stages.md");
const python = "pymilvus-2.6.17";

itWith(python)("runs as written: a folder is uploaded and imported from Python", async () => {
  const { client, server, importRoot, dataDir } = fixture;
  const { id, title, vector } = bookFields;
  await client.createCollection({ name: "books", fields: [id, title, vector] });
  const trust = adapt(page.block("SSL_CERT_FILE"), { ".sluice/": `${dataDir}/` });
  const program = adapt(page.block("VolumeFileManager"), { "localhost:19530": server.address });
  const script = `${trust}\n${pythonOf(python)} - <<'PROGRAM'\n${program}\nPROGRAM\n`;
  const output = await runAsUser("sh", ["-ec", script], importRoot);
  expect(output).toContain("'path': 'books/'");
  expect(output).toContain("Completed 2 rows");
});

it("runs as written: volumes over REST", async () => {
  const { server, importRoot } = fixture;
  const script = adapt(page.block("apply"), { "localhost:19530": server.address });
  const output = await runAsUser("sh", ["-ec", script], importRoot);
  expect(output.match(/"code":0/g)).toHaveLength(6);
  expect(output).toContain('"description":"of last year"');
  expect(output).toContain('"sessionToken"');
});

it("runs as written: files over REST", async () => {
  const { server, importRoot } = fixture;
  const script = adapt(page.block("draft.jsonl"), { "localhost:19530": server.address });
  const output = await runAsUser("sh", ["-ec", script], importRoot);
  expect(output.match(/"code":0/g)).toHaveLength(5);
  expect(output).toContain('"path":"2026/draft.jsonl"');
  expect(output).toContain('{"id": 1');
});

it("runs as written: rows that were left out are written into a volume", async () => {
  const { client, server, importRoot } = fixture;
  const { id, title, vector } = bookFields;
  await client.createCollection({ name: "books", fields: [id, title, vector] }).catch(() => undefined);
  const script = adapt(page.block("rejectPath"), { "localhost:19530": server.address });
  const output = await runWithSluice(script, importRoot, server.address);
  expect(output).toMatch(/2 files with the rows left out: volume:\/\/drafts\/bad\/\d+\//);
  expect(output).toContain("_reasons.parquet");
});

it("runs as written: grants on a volume", async () => {
  const { server, importRoot } = fixture;
  const script = adapt(page.block("librarian"), { "localhost:19530": server.address });
  const output = await runAsUser("sh", ["-ec", script], importRoot);
  expect(output.match(/"code":0/g)).toHaveLength(3);
});

it("runs as written: a file in parts, and a link to one", async () => {
  const { server, importRoot } = fixture;
  const [parts, link] = ["large.jsonl", "theirs.jsonl"].map((name) =>
    adapt(page.block(name), { "localhost:19530": server.address }),
  );
  const output = await runAsUser("sh", ["-ec", `${parts}\n${link}`], importRoot);
  expect(output.match(/"code":0/g)).toHaveLength(6);
  expect(output).toContain('"path":"2026/large.jsonl","fileSize":55');
  expect(output).toContain(`"url":"http://${server.address}/v2/volumes/drafts/files/2026/theirs.jsonl?ticket=`);
  expect(page.left).toEqual([]);
});
