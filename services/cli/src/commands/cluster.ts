import type { Command } from "commander";
import { showJson, showTable } from "../show/tables.ts";
import { restOf, type ServerOptions, serverCommand } from "./common.ts";

/** A process of the cluster, as `cluster/members` has it. */
interface Member {
  readonly role: string;
  readonly address: string;
  readonly host: string;
  readonly pod?: string;
  readonly pid: number;
  readonly version: string;
  readonly startTime: string;
  readonly leads: boolean;
}

/** `sluice cluster`. */
export function clusterCommand(): Command {
  return serverCommand("cluster", "processes that live, and which of them lead").action(show);
}

async function show(options: ServerOptions): Promise<void> {
  const members = await restOf(options).post<readonly Member[]>("cluster/members", {});
  if (options.json) return showJson(members);
  showTable(
    ["role", "", "address", "host", "version", "since"],
    members.map(({ role, leads, address, host, pod, version, startTime }) => [
      ...[role, leads ? "leads" : "", address, pod || host, version, startTime],
    ]),
  );
}
