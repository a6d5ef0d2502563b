import { mkdtempSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { useServer } from "../../support/index.ts";
import { Page, root, runAsUser } from "../blocks.ts";

const out = mkdtempSync(join(tmpdir(), "sluice-export-page-"));
afterAll(() => rm(out, { recursive: true, force: true }));
const fixture = useServer({ exportRoot: `out=${out}` });
const page = new Page("docs/export.md");

it("runs as written: import, export, list", async () => {
  const { server, importRoot } = fixture;
  const bin = join(importRoot, "bin");
  await mkdir(bin);
  const main = join(root, "services/cli/src/main.ts");
  const node = `exec ${process.execPath} --conditions=source --disable-warning=ExperimentalWarning ${main} "$@"`;
  await writeFile(join(bin, "sluice"), `#!/bin/sh\n${node}\n`, { mode: 0o755 });
  const commands = `export PATH=${bin}:$PATH SLUICE_ADDRESS=${server.address}\n${page.block("sluice export")}`;
  const output = await runAsUser("sh", ["-ec", commands], importRoot);
  expect(output).toMatch(/Completed: 2 rows, 1 files/);
  expect(output).toMatch(/Completed: 1 rows, 1 files/);
  expect(output).toContain('"format":"jsonl"');
  expect(await readdir(join(out, "nightly"))).toHaveLength(2);
  expect(page.left).toEqual([]);
});
