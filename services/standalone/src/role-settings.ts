import { dataCoordRole } from "@sluice/datacoord/role";
import { dataNodeRole } from "@sluice/datanode/role";
import { proxyRole } from "@sluice/proxy/role";
import { queryNodeRole } from "@sluice/querynode/role";
import { rootCoordRole } from "@sluice/rootcoord/role";

/** The settings that each role has of its own. */
export const roleSettings = {
  ...rootCoordRole.settings,
  ...dataCoordRole.settings,
  ...queryNodeRole.settings,
  ...dataNodeRole.settings,
  ...proxyRole.settings,
};
