import { common } from "@sluice/rpc";
import { named } from "./collection-routes.ts";
import type { RestRoute } from "./rest-route.ts";

/** Visible segments of a collection. Milvus asks for them by their ids alone (`segments/describe`). */
export const segmentRoutes: Readonly<Record<string, RestRoute>> = {
  "segments/list": async (body, call) => {
    const { infos } = await call("getPersistentSegmentInfo", named(body));
    return infos.map(({ segmentID, partitionID, numRows, state }) => ({
      ...{ segmentId: String(segmentID), partitionId: String(partitionID), rowCount: Number(numRows) },
      state: Object.entries(common.SegmentState).find(([, number]) => number === state)?.[0] ?? "",
    }));
  },
};
