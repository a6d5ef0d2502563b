import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { launchSluice, TemporaryFolders } from "../support/index.ts";

it("state is its user's alone: folders, and the sockets on which the roles meet", async () => {
  await using folders = new TemporaryFolders();
  const dataDir = join(await folders.create(), "data");
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
  const server = launchSluice("standalone", ["--port=0", `--data-dir=${dataDir}`], { cwd: await folders.create() });
  await server.ready();
  const sockets = join(dataDir, `run-${server.pid}`);
  for (const path of [dataDir, join(dataDir, "meta"), join(dataDir, "storage"), sockets])
    expect([path, await modeOf(path)]).toEqual([path, "700"]);
  expect((await readdir(sockets)).sort()).toEqual(["datacoord", "querynode", "rootcoord"]);
  await server.stop();
  expect(await readdir(dataDir)).not.toContain(`run-${server.pid}`);
});
