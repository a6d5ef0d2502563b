import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "@jest/globals";
import { compiledProgram } from "../support/sluice-program.ts";

const run = (program: string, ...args: string[]) => {
  const main = resolve(import.meta.dirname, "..", program, "main.ts");
  // The first of them compiles a thousand modules, and the others do not.
  const env = { ...process.env, NODE_COMPILE_CACHE: compiledProgram() };
  return spawnSync(process.execPath, ["--conditions=source", main, ...args], { encoding: "utf8", env });
};

it.each([
  ["bench", "--only PARTS"],
  ["load", "--simulate 500"],
])("%s says what it takes, and refuses what it does not take", (program, option) => {
  const asked = run(program, "--help");
  expect([asked.status, asked.stderr]).toEqual([0, ""]);
  expect(asked.stdout).toContain(option);
  const wrong = run(program, "--nothing");
  expect([wrong.status, wrong.stdout]).toEqual([2, ""]);
  expect(wrong.stderr).toMatch(/^Unknown option '--nothing'/);
  expect(wrong.stderr).toContain(option);
});

it("a part that there is not is no measurement", () => {
  expect(run("bench", "--only", "nothing").stderr).toMatch(/^--only nothing: there is no such part/);
});

it("programs that measure start the build, outside of tests", () => {
  const { JEST_WORKER_ID: _, SLUICE_TEST_PROGRAM: __, ...env } = process.env;
  const module = resolve(import.meta.dirname, "../support/sluice-program.ts");
  const script = `import { sluiceProgram } from ${JSON.stringify(module)}; console.log(sluiceProgram());`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8", env });
  expect(stdout.trim()).toBe(resolve(import.meta.dirname, "../../services/cli/dist/main.js"));
});
