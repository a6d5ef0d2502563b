import { expect, it } from "@jest/globals";
import { useRest, useServer } from "../../support/index.ts";
import { adapt, Page, runAsUser } from "../blocks.ts";

const fixture = useServer();
const rest = useRest(fixture);
const page = new Page("docs/check-and-correct.md");

it("runs as written: look, check, import, correct", async () => {
  const { client, server, importRoot } = fixture;
  const run = async (words: string, variables = "") => {
    const text = page.block(words);
    const own = text.includes("localhost:19530") ? adapt(text, { "localhost:19530": server.address }) : text;
    return runAsUser("sh", ["-ec", `${variables}\n${own}`], importRoot);
  };
  const ended = async (output: string) => {
    const { jobId } = JSON.parse(output).data;
    await client.waitFor(BigInt(jobId));
    return (await rest.post("describe", { jobId })).data;
  };
  expect(JSON.parse(await run("collections/create"))).toMatchObject({ code: 0 });
  await run("cat > shelf.jsonl");
  const inspected = JSON.parse(await run("import/inspect"));
  expect(inspected.data.files[0].schema.fields[0]).toMatchObject({ fieldName: "id", isPrimary: true });
  const checked = await ended(await run("dry_run"));
  expect(checked).toMatchObject({ checkedRows: 3, rejectedRows: 1, importedRows: 0, checked: { segments: 1 } });
  expect(checked.details[0].mapping).toEqual(["id", "title", "vector"].map((field) => ({ field, sources: [field] })));
  expect(checked.checked.fields[2]).toMatchObject({ zeroVectors: 1, notNormalized: 0, duplicates: 0 });
  const skipped = await ended(await run('"on_error": "skip"'));
  expect(skipped).toMatchObject({ importedRows: 3, rejectedRows: 1 });
  expect(await run("import/errors", `JOB=${skipped.jobId}`)).toContain('"row":2');
  const corrected = await ended(await run("corrected.jsonl", `JOB=${skipped.jobId}`));
  expect(corrected).toMatchObject({ state: "Completed", importedRows: 1, corrects: skipped.jobId });
  expect(await client.count("books")).toBe(4);
  expect(page.left).toEqual([]);
});
