import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { itWith, pythonOf, sluiceProgram } from "../../support/index.ts";
import { Page, root, runAsUser } from "../blocks.ts";

const page = new Page("docs/python.md");

itWith("pymilvus-2.6.17")("runs as written: a server of its own, a dry run, and rows that are left out", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-python-"));
  try {
    const env = {
      ...{ PYTHONPATH: join(root, "services/cli/python"), PYTHONDONTWRITEBYTECODE: "1" },
      SLUICE_COMMAND: `${process.execPath} ${sluiceProgram()}`,
    };
    const program = page.block("import sluice_import");
    const output = await runAsUser(pythonOf("pymilvus-2.6.17"), ["-c", program], folder, env);
    expect(output.split("\n")).toEqual([
      "Completed 1000",
      expect.stringMatching(/^1 vector .*4/),
      "1",
      "[{'id': 999, 'title': 'Book 999'}, {'id': 1000, 'title': 'Emma'}]",
      "",
    ]);
    expect(page.left).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
