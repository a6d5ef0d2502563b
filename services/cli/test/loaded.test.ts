import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "@jest/globals";

// What a shell waits for.

const main = resolve(import.meta.dirname, "../src/main.ts");
const hook = `import { registerHooks } from "node:module";
  registerHooks({ load: (url, context, next) => { console.log("loaded " + url); return next(url, context); } });`;

function loadedBy(...args: string[]): string[] {
  const imported = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
  const out = execFileSync(process.execPath, ["--conditions=source", imported, main, ...args], { encoding: "utf8" });
  return out.split("\n").filter((line) => line.startsWith("loaded "));
}

it("commands of clients load nothing of a server, and help names everything", () => {
  const ofJobs = loadedBy("jobs", "list", "--help");
  expect(ofJobs.length).toBeLessThan(150);
  expect(ofJobs.filter((url) => /grpc-js|lmdb|fastify|pino|libs\/(cluster|rpc)|services\/(?!cli)/.test(url))).toEqual(
    [],
  );
  expect(loadedBy("--help").some((url) => url.includes("services/rootcoord/src/role.ts"))).toBe(true);
});
