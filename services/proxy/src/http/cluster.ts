import type { Presence } from "@sluice/cluster";
import type { FastifyInstance } from "fastify";
import { admin, facts } from "./routes/route-facts.ts";
import { timeText } from "./time-text.ts";

/** Roles of which one process holds a session at a time, but for moments: the one that leads. */
const ledRoles: ReadonlySet<string> = new Set(["rootcoord", "datacoord"]);

/** Who lives. Where users are asked for, it is for admins: it names hosts and addresses of the network inside. */
export function clusterRoutes(app: FastifyInstance, members: () => readonly Presence[]): void {
  app.post("/v2/vectordb/cluster/members", facts("Processes of the cluster that live now", admin), async () => {
    const all = members();
    return { code: 0, data: all.map((one) => memberJson(one, isLeader(one, all))) };
  });
}

/** The newest of its role. */
function isLeader(one: Presence, all: readonly Presence[]): boolean {
  return ledRoles.has(one.role) && all.findLast(({ role }) => role === one.role) === one;
}

function memberJson({ startedMs, ...one }: Presence, leads: boolean) {
  return { ...one, startTime: timeText(BigInt(startedMs)), leads };
}
