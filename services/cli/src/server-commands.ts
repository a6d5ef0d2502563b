import { type AnyRole, settingsOf } from "@sluice/cluster";
import { addSettingFlags, givenFlags, kebabName, loadSettings, type SettingsDefinition } from "@sluice/config";
import { roles } from "@sluice/standalone/roles";
import { standaloneSettings } from "@sluice/standalone/settings";
import type { Command } from "commander";

const programs: readonly SettingsDefinition[] = [standaloneSettings, ...roles.map((role) => settingsOf(role))];

/** One settings file may serve a whole cluster: a process passes over the keys of others. */
const otherKeys = [...new Set(programs.flatMap((definition) => Object.keys(definition).map(kebabName)))];

/** A command for each process of a cluster, and two for all of them in one. Services are loaded when they are started. */
export function addServerCommands(program: Command): void {
  for (const role of [...roles].reverse()) addRole(program, role);
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
}

function load<const D extends SettingsDefinition>(definition: D, command: Command) {
  return loadSettings(definition, { flags: givenFlags(command), env: process.env, otherKeys });
}

function addRole(program: Command, role: AnyRole): void {
  const definition = settingsOf(role);
  addSettingFlags(program.command(role.name).description(role.description), definition).action(
    async (_options, command) => (await import("@sluice/cluster")).runRole(role, load(definition, command)),
  );
}
