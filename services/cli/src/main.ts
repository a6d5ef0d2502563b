#!/usr/bin/env node
import "./io-threads.ts";

import { clusterSettingKeys, type Role, type RoleName, roles, runRole, settingsOf } from "@sluice/cluster";
import { addSettingFlags, givenFlags, loadSettings, SettingsError } from "@sluice/config";
import { standaloneSettings } from "@sluice/standalone/settings";
import { Command } from "commander";

// The program `sluice`: one command for each process of a cluster, and one for all of them in one process.

const descriptions: Record<RoleName, string> = {
  proxy: "front door: the public gRPC service and REST on one port",
  rootcoord: "names, numbers and import jobs; one leads, others stand by",
  datacoord: "segments, task queue and garbage collection; one leads, others stand by",
  datanode: "turns files into segments; more of them are faster",
  querynode: "reads what was imported; more of them answer more queries",
};

/** A service is loaded when it is asked for: the others cost no start-up time. */
const load: { readonly [Name in RoleName]: () => Promise<Role<Name>> } = {
  proxy: async () => (await import("@sluice/proxy/role")).proxyRole,
  rootcoord: async () => (await import("@sluice/rootcoord/role")).rootCoordRole,
  datacoord: async () => (await import("@sluice/datacoord/role")).dataCoordRole,
  datanode: async () => (await import("@sluice/datanode/role")).dataNodeRole,
  querynode: async () => (await import("@sluice/querynode/role")).queryNodeRole,
};

const program = new Command("sluice").description("Sluice: bulk import for vector collections.");

for (const role of roles) addRole(role);
addSettingFlags(
  program.command("standalone").description("all of them in one process, with embedded state unless told otherwise"),
  standaloneSettings,
).action(async (_options, command) => (await import("@sluice/standalone")).serve(loadStandalone(command)));
addSettingFlags(
  program
    .command("quickstart")
    .description("standalone that imports a small sample and shows what was imported")
    .option("--exit", "end after the sample instead of serving on"),
  standaloneSettings,
).action(async (options, command) => {
  const { quickstart } = await import("@sluice/standalone/quickstart");
  await quickstart(loadStandalone(command), { exitWhenDone: options.exit === true });
});

function loadStandalone(command: Command) {
  const { exit, ...flags } = givenFlags(command);
  return loadSettings(standaloneSettings, { flags, env: process.env, otherKeys: clusterSettingKeys });
}

function addRole<Name extends RoleName>(name: Name): void {
  const definition = settingsOf[name];
  addSettingFlags(program.command(name).description(descriptions[name]), definition).action(async (_, command) => {
    const input = { flags: givenFlags(command), env: process.env, otherKeys: clusterSettingKeys };
    await runRole(await load[name](), loadSettings(definition, input));
  });
}

try {
  await program.parseAsync();
} catch (error) {
  const isForUsers = error instanceof SettingsError || process.env.SLUICE_LOG_LEVEL !== "debug";
  console.error(isForUsers ? `sluice: ${(error as Error).message}` : error);
  process.exitCode = 1;
}
