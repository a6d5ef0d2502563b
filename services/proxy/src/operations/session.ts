import { hostname } from "node:os";
import { checkStatus, okStatus } from "@sluice/rpc";
import { databaseOf } from "../call-context.ts";
import type { ProxyContext } from "../context.ts";
import type { Operations } from "./operations.ts";

/** A number that Milvus clients and tools can read first, then ours. */
const SERVER_VERSION = "2.6.0-sluice-0.1.0";

/** Connect, versions, health: what a client asks before it works. */
export function sessionOperations(context: ProxyContext): Operations {
  let connections = 0n;
  return {
    connect: async (request, call) => {
      const described = await context.root.describeDatabase({ base: undefined, dbName: databaseOf({}, call) });
      checkStatus(described.status);
      connections++;
      return {
        status: okStatus(),
        serverInfo: {
          buildTags: SERVER_VERSION,
          buildTime: "",
          gitCommit: "",
          goVersion: "",
          deployMode: "STANDALONE",
          reserved: request.clientInfo?.reserved ?? {},
        },
        // Never 0, which clients take for a server that does not know Connect; not checked on later calls.
        identifier: BigInt(Date.now()) * 1000n + (connections % 1000n),
      };
    },
    getVersion: () => ({ status: okStatus(), version: SERVER_VERSION }),
    checkHealth: async () => {
      const isHealthy = await context.root.listDatabases({ base: undefined }).then(
        () => true,
        () => false,
      );
      return {
        status: okStatus(),
        isHealthy,
        reasons: isHealthy ? [] : [`the rootcoord does not answer ${hostname()}`],
        quotaStates: [],
      };
    },
  };
}
