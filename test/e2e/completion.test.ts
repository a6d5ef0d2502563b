import { execFileSync, spawnSync } from "node:child_process";
import { expect, it } from "@jest/globals";
import { describeWith } from "../support/needs.ts";
import { sluiceProgram } from "../support/sluice-program.ts";

// The scripts of `sluice completion`, by the shells themselves; bash has services/cli/test/completion.test.ts.

const script = (shell: string) =>
  execFileSync(process.execPath, [sluiceProgram(), "completion", shell], { encoding: "utf8" });

function run(shell: string, ...args: string[]): string[] {
  const { stdout, stderr } = spawnSync(shell, args, { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

/** What zsh is given to show for the last of some words: its completion itself runs on a terminal alone. */
const zshParts = `compdef() {}
_describe() { local list=$argv[-1]; print -rl -- \${(P)list} }
compadd() { local list=$argv[-1]; print -rl -- \${(P)list} }
_files() { print files }`;

function zsh(...typed: string[]): string[] {
  const words = ["sluice", ...typed];
  return run(
    "zsh",
    "-fc",
    `${zshParts}\n${script("zsh")}\nwords=("$@"); CURRENT=$#; PREFIX=$words[-1]; _sluice`,
    "zsh",
    ...words,
  );
}

/** The line as fish answers it: words and what they are, apart by a tab. */
const fish = (line: string) => run("fish", "--no-config", "-c", `${script("fish")}\ncomplete -C '${line}'`);

const commit = "make the rows of a job with --no-commit visible";
const address = "where Sluice serves; https://HOST:PORT for TLS";

describeWith("zsh")("zsh", () => {
  it("offers commands, options, their values, and files where none fits", () => {
    expect(zsh("jo")).toContain("jobs:import jobs: list, show, watch, stop, take back");
    expect(zsh("jobs", "")).toContain(`commit:${commit}`);
    expect(zsh("import", "a.json", "--")).toContain(`--address:${address}`);
    expect(zsh("jobs", "list", "--state", "")).toContain("Failed");
    expect(zsh("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(zsh("import", "")).toEqual(["files"]);
  });
});

describeWith("fish")("fish", () => {
  it("offers commands, options, their values, and files where none fits", () => {
    expect(fish("sluice jo")).toEqual(["jobs\timport jobs: list, show, watch, stop, take back"]);
    expect(fish("sluice jobs com")).toEqual([`commit\t${commit}`]);
    expect(fish("sluice import a.json --add")).toEqual([`--address\t${address}`]);
    expect(fish("sluice jobs list --state F")).toEqual(["Failed\tin one state"]);
    expect(fish("sluice completion z")).toEqual(["zsh"]);
    expect(fish("sluice import /et")).toEqual(["/etc/"]);
  });
});
