import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { readSpec } from "../src/commands/import-spec.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "sluice-spec-"))));
afterEach(() => rm(folder, { recursive: true }));

async function read(text: string) {
  const file = join(folder, "import.json");
  await writeFile(file, text);
  return readSpec(file);
}

it("a document is sent as it stands, with every digit, and may name the collection", async () => {
  const text = '{"external_data": {"target_collection": "books"}, "default_fields": {"n": 9007199254740993}}';
  for (const mark of ["", "\ufeff"]) expect(await read(mark + text)).toEqual({ text, collection: "books" });
  for (const nameless of ["{}", '{"external_data": null}', '{"external_data": {"target_collection": 7}}'])
    expect((await read(nameless)).collection).toBeUndefined();
});

it("what is no document is refused, with its name", async () => {
  await expect(readSpec(join(folder, "absent.json"))).rejects.toThrow(/--spec .*absent\.json cannot be read: ENOENT/);
  await expect(read("{")).rejects.toThrow(/--spec .*import\.json is no JSON: /);
  for (const other of ["[]", "null", "7"])
    await expect(read(other)).rejects.toThrow(/holds no JSON object: docs\/options\.md/);
});
