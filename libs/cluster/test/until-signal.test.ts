import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "@jest/globals";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "until-signal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Says each signal that it hears, and waits in a thread for what never comes: for who writes into the pipe. */
const program = (module: string, pipe: string) => `
  import { open } from "node:fs";
  const { untilSignal } = await import(${JSON.stringify(module)});
  open(${JSON.stringify(pipe)}, "r", () => {});
  const { first } = untilSignal();
  setInterval(() => {}, 1000);
  console.log("ready");
  console.log(await first);
`;

it.each(["SIGTERM", "SIGINT"] as const)(
  "a second %s ends a process at once whose threads are busy",
  async (signal) => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const module = join(import.meta.dirname, "../src/until-signal.ts");
    const child = spawn(process.execPath, ["--input-type=module", "-e", program(module, pipe)], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    try {
      const ended = once(child, "exit");
      for await (const line of createInterface({ input: child.stdout })) {
        child.kill(signal);
        if (line === signal) break;
      }
      const late = sleep(20_000, ["still there"], { ref: false });
      expect(await Promise.race([ended, late])).toEqual([null, signal]);
    } finally {
      child.kill("SIGKILL");
    }
  },
  40_000,
);
