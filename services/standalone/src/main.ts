import "./io-threads.ts";

import { addSettingFlags, givenFlags, loadSettings, SettingsError } from "@sluice/config";
import { Command } from "commander";
import { quickstart } from "./quickstart/quickstart.ts";
import { serve } from "./serve.ts";
import { standaloneSettings } from "./settings.ts";

// The program of the one-process server: `serve` (the default) and `quickstart`.

const program = new Command("sluice-standalone").description(
  "Sluice in one process: embedded state, local files, nothing to install.",
);

addSettingFlags(
  program.command("serve", { isDefault: true }).description("serve until a signal"),
  standaloneSettings,
).action((_options, command) => serve(load(command)));
addSettingFlags(
  program
    .command("quickstart")
    .description("serve, import a small sample, show what was imported")
    .option("--exit", "end after the sample instead of serving on"),
  standaloneSettings,
).action((options, command) => quickstart(load(command), { exitWhenDone: options.exit === true }));

try {
  await program.parseAsync();
} catch (error) {
  console.error(
    error instanceof SettingsError || process.env.SLUICE_LOG_LEVEL !== "debug"
      ? `sluice: ${(error as Error).message}`
      : error,
  );
  process.exitCode = 1;
}

function load(command: Command) {
  const { exit, ...flags } = givenFlags(command);
  return loadSettings(standaloneSettings, { flags, env: process.env });
}
