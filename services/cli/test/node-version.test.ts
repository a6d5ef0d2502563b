import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "@jest/globals";

const main = resolve(import.meta.dirname, "../src/main.ts");

/** The program on a Node that says it is this one. */
function runOn(version: string) {
  const said = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(said)}`, main, "--version"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env: {} });
  return { status, stdout, stderr };
}

it.each(["18.20.8", "20.20.2", "22.21.1"])(
  "Node %s is told in one line what to do, before anything else is loaded",
  (version) => {
    const { status, stdout, stderr } = runOn(version);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^sluice: Node [\d.]+ is too old: run `npm run -s sluice -- COMMAND` [^\n]* Node 24 or later\n$/,
    );
  },
);
