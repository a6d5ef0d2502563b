import { dataCoordRole } from "@sluice/datacoord/role";
import { dataNodeRole } from "@sluice/datanode/role";
import { proxyRole } from "@sluice/proxy/role";
import { queryNodeRole } from "@sluice/querynode/role";
import { rootCoordRole } from "@sluice/rootcoord/role";

/** The roles of a cluster, in the order in which one process starts them: the front door last. */
export const roles = [rootCoordRole, dataCoordRole, queryNodeRole, dataNodeRole, proxyRole] as const;
