#!/usr/bin/env node
import "./allocator.ts";
import "./io-threads.ts";

import { inspect } from "node:util";
import { type AnyRole, runRole, settingsOf, version } from "@sluice/cluster";
import {
  addSettingFlags,
  givenFlags,
  kebabName,
  loadSettings,
  type SettingsDefinition,
  SettingsError,
} from "@sluice/config";
import { roles } from "@sluice/standalone/roles";
import { standaloneSettings } from "@sluice/standalone/settings";
import { Command } from "commander";
import { addClientCommands, exitCodeOfError } from "./commands/index.ts";

// The program `sluice`: one command for each process of a cluster, and one for all of them in one process. Services are
// loaded when they are started, so that what is not asked for costs no start-up time.

const programs: readonly SettingsDefinition[] = [standaloneSettings, ...roles.map((role) => settingsOf(role))];

/** One settings file may serve a whole cluster: a process passes over the keys of others. */
const otherKeys = [...new Set(programs.flatMap((definition) => Object.keys(definition).map(kebabName)))];

const program = new Command("sluice").description("Sluice: bulk import for vector collections.").version(version);

for (const role of [...roles].reverse()) addRole(role);
addSettingFlags(
  program.command("standalone").description("all of them in one process, with embedded state unless told otherwise"),
  standaloneSettings,
).action(async (_options, command) => (await import("@sluice/standalone")).serve(load(standaloneSettings, command)));
addSettingFlags(
  program
    .command("quickstart")
    .description("standalone that imports a small sample and shows what was imported")
    .option("--exit", "end after the sample instead of serving on"),
  standaloneSettings,
).action(async (options, command) => {
  const { quickstart } = await import("./quickstart/quickstart.ts");
  await quickstart(load(standaloneSettings, command), { exitWhenDone: options.exit === true });
});

addClientCommands(program);

function load<const D extends SettingsDefinition>(definition: D, command: Command) {
  return loadSettings(definition, { flags: givenFlags(command), env: process.env, otherKeys });
}

function addRole(role: AnyRole): void {
  const definition = settingsOf(role);
  addSettingFlags(program.command(role.name).description(role.description), definition).action((_options, command) =>
    runRole(role, load(definition, command)),
  );
}

try {
  await program.parseAsync();
} catch (error) {
  const isForUsers = error instanceof SettingsError || process.env.SLUICE_LOG_LEVEL !== "debug";
  const text = isForUsers ? (error as Error).message.replaceAll("\n", "\nsluice: ") : inspect(error);
  process.stderr.write(`sluice: ${text}\n`);
  process.exitCode = exitCodeOfError(error);
}
