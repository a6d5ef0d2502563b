import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { describeWith, findProgram, runProgram, startServer, TemporaryFolders } from "../support/index.ts";

// The unmodified client for Go, by the scenario in `go/`, whose program is built by `test/servers.sh goclient`.

const LIMIT_MS = 180_000;
const program = "milvus-go-client";

describeWith(program)("the client for Go 2.6.2", () => {
  it(
    "runs the whole workflow",
    async () => {
      await using folders = new TemporaryFolders();
      const { dataDir, importRoot } = await folders.createPair();
      const folder = join(importRoot, "go");
      await mkdir(folder);
      const server = await startServer({ dataDir, importRoots: [importRoot], settings: { workers: 2 } });
      const path = findProgram(program) as string;
      const { exitCode, output } = await runProgram(path, [server.address, folder], LIMIT_MS).finally(() =>
        server.stop(),
      );
      expect(`${output}${server.stderr}`).not.toMatch(/^not ok /m);
      expect({ exitCode, steps: output.match(/^ok /gm)?.length }).toEqual({ exitCode: 0, steps: 19 });
    },
    2 * LIMIT_MS,
  );
});
