import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { root } from "../docs/blocks.ts";
import { hasAll, isNpmReached, skips } from "../support/needs.ts";
import { runProgram } from "../support/program.ts";
import { startEtcd, startRedis } from "../support/servers.ts";
import { TemporaryFolders } from "../support/temporary-folders.ts";

// `sluice` as a package of npm: packed, installed into an empty folder, and used.

const LIMIT_MS = 120_000;
const MAX_INSTALLED_BYTES = 60e6;

const folders = new TemporaryFolders();
afterAll(() => folders[Symbol.asyncDispose]());

const isBuilt = existsSync(join(root, "services/cli/dist/main.js"));
const isReached = (isBuilt || skips("needs a build: npm run build")) && (await isNpmReached());

(isReached ? describe : describe.skip)("the packed command", () => {
  let installed = "";
  const sluice = (...args: string[]) =>
    runProgram(process.execPath, [join(installed, "node_modules/sluice-command/bin/sluice.mjs"), ...args], LIMIT_MS);

  beforeAll(async () => {
    const packed = await folders.create();
    installed = await folders.create();
    await expectSuccess(runProgram(process.execPath, [join(root, "deploy/pack-command.mjs"), packed], LIMIT_MS));
    const archive = join(packed, readdirSync(packed)[0]);
    await expectSuccess(runProgram("npm", ["install", "--silent", "--prefix", installed, archive], LIMIT_MS));
  }, 2 * LIMIT_MS);

  it("is small, brings the console and no developer tools, and names who wrote what it holds", async () => {
    expect(sizeOf(installed)).toBeLessThan(MAX_INSTALLED_BYTES);
    const names = readdirSync(join(installed, "node_modules"));
    for (const tool of ["typescript", "jest", "esbuild", "@biomejs"]) expect(names).not.toContain(tool);
    expect(existsSync(join(installed, "node_modules/sluice-command/THIRD-PARTY.txt"))).toBe(true);
    expect(existsSync(join(installed, "node_modules/sluice-command/dist/page/index.html"))).toBe(true);
    expect((await sluice("--version")).output).toBe("0.1.0\n");
  });

  it("imports, in threads of its own, and answers right", async () => {
    const data = await folders.create();
    const { exitCode, output } = await sluice("quickstart", "--exit", "--port", "0", "--data-dir", data);
    expect([exitCode, output]).toEqual([0, expect.stringContaining("every count is right")]);
  });

  (hasAll("etcd", "redis-server") ? it : it.skip)("does so with etcd and Redis", async () => {
    await using etcd = await startEtcd();
    await using redis = await startRedis();
    const backends = ["--etcd", etcd.url, "--redis", redis.url];
    const run = sluice("quickstart", "--exit", "--port", "0", "--data-dir", await folders.create(), ...backends);
    expect((await run).output).toContain("every count is right");
  });
});

async function expectSuccess(run: ReturnType<typeof runProgram>): Promise<void> {
  const { exitCode, output } = await run;
  if (exitCode !== 0) throw new Error(output);
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => lstatSync(join(folder, path)))
    .reduce((sum, stats) => sum + stats.blocks * 512, 0);
}
