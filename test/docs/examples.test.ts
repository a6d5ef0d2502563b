import { globSync, readFileSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { itWith, pythonOf, useServer } from "../support/index.ts";
import { root, runAsUser } from "./blocks.ts";

const fixture = useServer();
const examples = join(root, "examples");
const withPython = itWith("pymilvus-2.6.17");
const run = (program: string, ...args: string[]) =>
  runAsUser(program, [...args, fixture.server.address], fixture.importRoot);

it("the list names every example", () => {
  const list = readFileSync(join(examples, "README.md"), "utf8");
  const programs = globSync("*/*.*", { cwd: examples }).sort();
  expect([...list.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name).sort()).toEqual(programs);
});

withPython("Python with JSON Lines", async () => {
  const output = await run(pythonOf("pymilvus-2.6.17"), join(examples, "python/import_jsonl.py"));
  expect(output).toContain("Completed: 5000 rows");
  expect(output).toMatch(/Failed: .*example-bad\.jsonl.*row 0.*vector/);
  expect(output).toMatch(/^\d+ books of 1950 on shelf A1$/m);
});

itWith("curl")("REST, by itself and again", async () => {
  const program = join(examples, "rest/import-jsonl.sh");
  for (let time = 0; time < 2; time++) expect(await run(program)).toBe("Completed: 1000 rows\n");
});

withPython("Python with the bulk writer's Parquet", async () => {
  const output = await run(pythonOf("pymilvus-2.6.17"), join(examples, "python/import_parquet.py"));
  expect(output).toMatch(/Completed: 20000 rows from \d+ files/);
});

it("Node", async () => {
  // Modules are looked up from where a program lies: a link in a folder of the test finds the SDK there.
  const { importRoot, server } = fixture;
  await mkdir(join(importRoot, "node_modules/@zilliz"), { recursive: true });
  await symlink(
    join(root, "test/node_modules/milvus-sdk-3.0"),
    join(importRoot, "node_modules/@zilliz/milvus2-sdk-node"),
  );
  const program = join(importRoot, "import-jsonl.mjs");
  await symlink(join(examples, "node/import-jsonl.mjs"), program);
  const output = await runAsUser("node", ["--preserve-symlinks-main", program, server.address], importRoot);
  expect(output).toContain("ImportCompleted: 5000 rows");
  expect(output).toMatch(/^0 1 2$/m);
});
