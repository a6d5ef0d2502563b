import { existsSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { root } from "../docs/blocks.ts";
import { hasAll, isNpmReached, skips } from "../support/needs.ts";
import { pythonOf, runProgram } from "../support/program.ts";
import { TemporaryFolders } from "../support/temporary-folders.ts";

// The Python package: built as a wheel, installed, and used by a program.

const LIMIT_MS = 180_000;
const python = pythonOf("pymilvus-2.6.17");
const folders = new TemporaryFolders();
afterAll(() => folders[Symbol.asyncDispose]());

const isBuilt = existsSync(join(root, "services/cli/dist/main.js")) || skips("needs a build: npm run build");
const isReady = isBuilt && hasAll("pymilvus-2.6.17") && (await isNpmReached());

(isReady ? describe : describe.skip)("sluice-import", () => {
  let packages = "";

  beforeAll(async () => {
    const wheels = await folders.create();
    packages = await folders.create();
    await succeed(process.execPath, [join(root, "deploy/pack-wheel.mjs"), wheels], { PYTHON: python });
    const [wheel] = readdirSync(wheels);
    expect(wheel).toBe("sluice_import-0.1.0-py3-none-any.whl");
    await succeed(python, ["-m", "pip", "install", "--quiet", "--no-deps", "--target", packages, join(wheels, wheel)]);
  }, 2 * LIMIT_MS);

  it(
    "starts the server that it brings, imports tables in memory, and says what the server refuses",
    async () => {
      const program = `
import os, pandas, pyarrow, sluice_import as sluice
with sluice.Server(os.environ["DATA"]) as server:
    frame = pandas.DataFrame({"id": [1, 2], "vector": [[1.0, 2.0], [3.0, 4.0]]})
    print(server.import_files(frame, "t", create=True, progress=lambda percent, rows: None).rows)
    print(server.import_files(pyarrow.table({"id": [3], "vector": [[5.0, 6.0]]}), "t").rows)
    print(server.query("t", fields=["count(*)"], limit=0))
    server.create("d", os.path.join(os.environ["DATA"], "dynamic.jsonl"))
    print(server.post("collections/describe", {"collectionName": "d"})["enableDynamicField"])
    for wrong in (lambda: server.import_files("none.json", "t"), lambda: server.import_files(frame, "nothing")):
        try:
            wrong()
        except sluice.SluiceError as error:
            print(type(error).__name__, error.code, "create=True" in str(error))
try:
    sluice.Client("127.0.0.1:1").has("t")
except sluice.SluiceError as error:
    print(error.code, str(error)[:20])
`;
      const data = await folders.create();
      await writeFile(join(data, "dynamic.jsonl"), '{"id": 1, "vector": [0.5, 1.5], "$meta": {"color": "red"}}\n');
      const path = `${dirname(process.execPath)}:${process.env.PATH}`;
      const env = {
        PYTHONPATH: packages,
        XDG_CACHE_HOME: await folders.create(),
        PATH: path,
        DATA: data,
      };
      // Not as a user without settings: npm is told by the environment where its registry is.
      const { output } = await runProgram(python, ["-c", program], LIMIT_MS, env);
      expect(output.split("\n")).toEqual([
        ...["2", "1", "[{'count(*)': 3}]", "True"],
        expect.stringMatching(/^(ImportFailed|SluiceError) /),
        "SluiceError 100 True",
        "0 no Sluice answers at",
        "",
      ]);
    },
    LIMIT_MS,
  );
});

async function succeed(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const { exitCode, output } = await runProgram(program, args, LIMIT_MS, env);
  if (exitCode !== 0) throw new Error(output);
}
