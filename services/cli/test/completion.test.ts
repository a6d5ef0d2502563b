import { spawnSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import { Command } from "commander";
import { completionScript } from "../src/commands/completion.ts";
import { addClientCommands } from "../src/commands/index.ts";

const program = new Command("sluice").version("1");
addClientCommands(program);

/** What bash offers for the last of some words. */
function offered(...words: string[]): string[] {
  const script = `${completionScript(program, "bash")}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script, "bash", "sluice", ...words], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

describe("completion", () => {
  it("offers commands, those of a command, and options, wherever files stand between", () => {
    expect(offered("jo")).toEqual(["jobs"]);
    expect(offered("jobs", "")).toEqual(expect.arrayContaining(["list", "show", "cancel", "--help"]));
    expect(offered("jobs", "list", "--st")).toEqual(["--state"]);
    expect(offered("import", "a.json", "b.json", "--dr")).toEqual(["--dry-run"]);
    expect(offered("import", "a.json", "nothing")).toEqual([""]);
  });

  it("offers the values of what has few", () => {
    expect(offered("jobs", "list", "--state", "F")).toEqual(["Failed"]);
    expect(offered("completion", "z")).toEqual(["zsh"]);
  });
});
