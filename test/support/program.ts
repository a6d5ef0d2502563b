import { type ChildProcess, spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = process.env.SLUICE_TEST_CACHE ?? join(homedir(), ".cache/sluice-test");

/** The interpreter of an environment that `test/servers.sh` installs. */
export function pythonOf(environment: string): string {
  return join(cache, `venv-${environment}/bin/python`);
}

/** A program that has ended; `exitCode` is null where a signal ended it. */
export interface ProgramResult {
  readonly exitCode: number | null;
  /** Standard output and error, as they came. */
  readonly output: string;
}

/** Runs a program to its end; it is killed after `limitMs`. */
export async function runProgram(
  program: string,
  args: readonly string[],
  limitMs: number,
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const clean = Object.entries(process.env).filter(([name]) => name !== "NODE_OPTIONS");
  const child = spawn(program, args, {
    env: { ...Object.fromEntries(clean), PYTHONUNBUFFERED: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return collect(child, limitMs);
}

function collect(child: ChildProcess, limitMs: number): Promise<ProgramResult> {
  let output = "";
  const append = (text: string) => {
    output += text;
  };
  child.stdout?.setEncoding("utf8").on("data", append);
  child.stderr?.setEncoding("utf8").on("data", append);
  const timer = setTimeout(() => {
    append(`\nkilled after ${limitMs} ms\n`);
    child.kill("SIGKILL");
  }, limitMs);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, output });
    });
  });
}
