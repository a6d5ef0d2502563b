import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { useServer } from "../../support/index.ts";
import { Page, root, runAsUser } from "../blocks.ts";

const fixture = useServer({ dataSourceEndpoint: "127.0.0.1" });
const page = new Page("docs/copy.md");

it("runs as written: import, copy, query, list; from another service and to it, which here is the same", async () => {
  const { server, importRoot } = fixture;
  const bin = join(importRoot, "bin");
  await mkdir(bin);
  const main = join(root, "services/cli/src/main.ts");
  const node = `exec ${process.execPath} --conditions=source --disable-warning=ExperimentalWarning ${main} "$@"`;
  await writeFile(join(bin, "sluice"), `#!/bin/sh\n${node}\n`, { mode: 0o755 });
  const address = `SLUICE_ADDRESS=${server.address} MILVUS_ADDRESS=${server.address}`;
  const blocks = [page.block("sluice copy novels novels_of_today"), page.block("--from"), page.block("--to")];
  const commands = `export PATH=${bin}:$PATH ${address}\n${blocks.join("\n")}`;
  const output = await runAsUser("sh", ["-ec", commands], importRoot);
  expect(output).toMatch(/Completed: 2 rows into novels_of_today/);
  expect(output).toContain("2\tWalden");
  expect(output).toContain('"strategy":"objects"');
  expect(output).toMatch(/Completed: 1 rows into novels_from_there/);
  expect(output).toContain('"strategy":"rows"');
  expect(output).toMatch(/Completed: 2 rows into novels_over_there/);
  expect(page.left).toEqual([]);
});
