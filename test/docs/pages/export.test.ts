import { mkdtempSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { useServer } from "../../support/index.ts";
import { Page, runWithSluice } from "../blocks.ts";

const out = mkdtempSync(join(tmpdir(), "sluice-export-page-"));
afterAll(() => rm(out, { recursive: true, force: true }));
const fixture = useServer({ exportRoot: `out=${out}` });
const page = new Page("docs/export.md");

it("runs as written: import, export, list", async () => {
  const { server, importRoot } = fixture;
  const output = await runWithSluice(page.block("sluice export"), importRoot, server.address);
  expect(output).toMatch(/Completed: 2 rows, 1 files/);
  expect(output).toMatch(/Completed: 1 rows, 1 files/);
  expect(output).toContain('"format":"jsonl"');
  expect(await readdir(join(out, "nightly"))).toHaveLength(2);
  expect(page.left).toEqual([]);
});
