import type { Command } from "commander";
import { UnreachableError } from "../client/rest-client.ts";
import { backupCommand } from "./backup.ts";
import { binlogCommand } from "./binlog.ts";
import { clusterCommand } from "./cluster.ts";
import { collectionsCommand, queryCommand, segmentsCommand } from "./collections.ts";
import { SAY_WHO_CALLS } from "./common.ts";
import { completionCommand } from "./completion.ts";
import { copiesCommand, copyCommand } from "./copy.ts";
import { doctorCommand } from "./doctor.ts";
import { exportCommand, exportsCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { inspectCommand } from "./inspect.ts";
import { jobsCommand } from "./jobs.ts";
import { mergeCommand } from "./merge.ts";
import { restoreCommand } from "./restore.ts";

/** What one does with a running server. */
export function addClientCommands(program: Command): void {
  program.addCommand(importCommand());
  program.addCommand(inspectCommand());
  program.addCommand(restoreCommand());
  program.addCommand(backupCommand());
  program.addCommand(mergeCommand());
  program.addCommand(jobsCommand());
  program.addCommand(exportCommand());
  program.addCommand(exportsCommand());
  program.addCommand(copyCommand());
  program.addCommand(copiesCommand());
  program.addCommand(collectionsCommand());
  program.addCommand(queryCommand());
  program.addCommand(segmentsCommand());
  program.addCommand(clusterCommand());
  program.addCommand(doctorCommand());
  program.addCommand(binlogCommand());
  program.addCommand(completionCommand());
}

/** What Milvus, and gRPC, say of a caller that nobody knows; gRPC's code is that of the cause, since Milvus's has missing grants too. */
const UNKNOWN_CALLER: readonly unknown[] = [1800, 16];

/** Node says it of a port that is taken, and gRPC within words of its own. */
const TAKEN_PORT = /\bEADDRINUSE\b/;

/** What to do about an error, behind its words; nothing where these say it. */
export function hintOn(error: unknown): string {
  if (TAKEN_PORT.test((error as Error).message))
    return ": another program has this port: choose one by --port, for health and metrics by --http-port; 0 takes a free one";
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return [code, cause?.code].some((one) => UNKNOWN_CALLER.includes(one)) ? `: ${SAY_WHO_CALLS}` : "";
}

/** 1: refused, or failed; 3: nobody answers. Wrong usage is 1, too, as the parser of arguments has it. */
export function exitCodeOfError(error: unknown): number {
  const isAway = error instanceof UnreachableError || (error as { code?: unknown }).code === 14;
  return isAway ? 3 : 1;
}
