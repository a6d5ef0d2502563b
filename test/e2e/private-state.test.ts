import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { launchSluice, TemporaryFolders } from "../support/index.ts";

/** Source: net/tcp_states.h of Linux. */
const LISTENS = "0A";

it("state is its user's alone, and the roles meet without sockets that others could connect to", async () => {
  await using folders = new TemporaryFolders();
  const dataDir = join(await folders.create(), "data");
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
  const server = launchSluice("standalone", ["--port=0", `--data-dir=${dataDir}`], { cwd: await folders.create() });
  await server.ready();
  for (const path of [dataDir, join(dataDir, "meta"), join(dataDir, "storage")])
    expect([path, await modeOf(path)]).toEqual([path, "700"]);
  expect(await socketsOf(server.pid)).toEqual({ listening: 1, named: 0 });
  await server.stop();
});

/** Sockets of a process that others can connect to: by a port, by a name in the file system. */
async function socketsOf(pid: number): Promise<{ listening: number; named: number }> {
  const links = (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ""));
  const own = new Set((await Promise.all(links)).flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const rows = async (table: string) =>
    (await readFile(`/proc/${pid}/net/${table}`, "utf8")).split("\n").map((line) => line.trim().split(/\s+/));
  const ports = [...(await rows("tcp")), ...(await rows("tcp6").catch(() => []))];
  return {
    listening: ports.filter(([, , , state, , , , , , inode]) => state === LISTENS && own.has(inode)).length,
    named: (await rows("unix")).filter(([, , , , , , inode, path]) => path !== undefined && own.has(inode)).length,
  };
}
