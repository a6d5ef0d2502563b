import { inspect } from "node:util";
import { Command } from "commander";
import { addClientCommands, exitCodeOfError, hintOn } from "./commands/index.ts";
import { version } from "./version.ts";

// The program `sluice`: one command for each process of a cluster, one for all of them in one process, and those of clients,
// which a shell waits for: they load nothing of a server, and whoever asks for one does not wait for the others either.

function newProgram(): Command {
  return new Command("sluice")
    .description("Sluice: bulk import for vector collections.")
    .version(version)
    .showHelpAfterError("(see --help; options of a command stand behind its name)");
}

/** Of a client, when that is what was asked for; else of everything: help and completion name it all. */
async function programFor(asked: string | undefined): Promise<Command> {
  const program = newProgram();
  addClientCommands(program);
  for (const group of program.commands.filter(({ commands }) => commands.length > 0))
    group.showHelpAfterError(`(see ${group.name()} --help; options stand behind what it is to do)`);
  if (asked !== "completion" && program.commands.some((command) => command.name() === asked)) return program;
  const whole = newProgram();
  const { addServerCommands } = await import("./server-commands.ts");
  addServerCommands(whole);
  addClientCommands(whole);
  return whole;
}

function textOf(error: unknown): string {
  const isForUsers = (error as Error).name === "SettingsError" || process.env.SLUICE_LOG_LEVEL !== "debug";
  return isForUsers ? (error as Error).message.replaceAll("\n", "\nsluice: ") : inspect(error);
}

const program = await programFor(process.argv[2]);
try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`sluice: ${textOf(error)}${hintOn(error)}\n`);
  process.exitCode = exitCodeOfError(error);
}
