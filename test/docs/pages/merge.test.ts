import { expect, it } from "@jest/globals";
import { useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser, runWithSluice } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/merge.md");

it("runs as written: a merge that is refused, one that is tried, and one that is made", async () => {
  const { server, importRoot } = fixture;
  const output = await runWithSluice(page.block("sluice merge"), importRoot, server.address);
  expect(output).toMatch(
    /SUCCESSFUL: 1 of 2 rows matched, nothing was written; 1 of 2 rows of the files match nothing/,
  );
  expect(output).toMatch(/SUCCESSFUL: 1 of 2 rows matched, in priced;/);
  expect(output).toMatch(/note\s+VarChar/);
});

it("runs as written: a merge over REST, and its job", async () => {
  const { server, importRoot } = fixture;
  const script = adapt(page.block("etl/merge"), { "localhost:19530": server.address });
  const output = await runAsUser("sh", ["-ec", script], importRoot);
  expect(output.match(/"code":0/g)).toHaveLength(2);
  expect(output).toContain('"type":"MERGE"');
  expect(page.left).toEqual([]);
});
