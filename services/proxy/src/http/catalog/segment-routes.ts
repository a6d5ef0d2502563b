import { StatusError, statusCodes } from "@sluice/errors";
import { checkStatus, common, type importing } from "@sluice/rpc";
import type { ProxyContext } from "../../context.ts";
import { IS_SORTED } from "../../operations/segments.ts";
import { type Body, wrongType } from "./body.ts";
import { named } from "./collection-routes.ts";
import type { RestRoute } from "./rest-route.ts";

/** Visible segments of a collection. Source: around-import §2.6. */
export function segmentRoutes({ data }: ProxyContext): Readonly<Record<string, RestRoute>> {
  return {
    "segments/list": async (body, call) => {
      const { infos } = await call("getPersistentSegmentInfo", named(body));
      return infos.map(({ segmentID, partitionID, numRows, state }) => ({
        ...{ segmentId: String(segmentID), partitionId: String(partitionID), rowCount: Number(numRows) },
        state: Object.entries(common.SegmentState).find(([, number]) => number === state)?.[0] ?? "",
      }));
    },
    "segments/describe": async (body, call) => {
      const [collectionId = 0n] = idsIn(body.given("collectionID"), "collectionID");
      const segmentIds = idsIn(body, "segmentIDs");
      // Says who may not see the segments of the collection.
      const { collectionName, dbName } = await call("describeCollection", { collectionID: collectionId });
      await call("getPersistentSegmentInfo", { collectionName, dbName });
      const found = await data.getVisibleSegments({ collectionId, partitionIds: [], timestamp: 0n, segmentIds });
      checkStatus(found.status);
      checkFound(segmentIds, found.segments);
      return { segmentInfos: found.segments.map(segmentJson) };
    },
  };
}

/** One id or a list of them, as numbers or as text. */
function idsIn(body: Body, name: string): bigint[] {
  const given = body.raw(name) ?? [];
  return (Array.isArray(given) ? given : [given]).map((id) => {
    if (!/^\d{1,19}$/.test(String(id))) throw wrongType(name, "whole numbers");
    return BigInt(id);
  });
}

/** @throws {StatusError} 600 */
function checkFound(ids: readonly bigint[], segments: readonly importing.SegmentInfo[]): void {
  const found = new Set(segments.map(({ segmentId }) => segmentId));
  const unknown = ids.find((id) => !found.has(id));
  if (unknown === undefined) return;
  throw new StatusError(statusCodes.segmentNotFound, `segment not found[segment=${unknown}]`);
}

/** As Milvus says it, with numbers for ids and for what has a name: milvus-backup reads nothing else. */
function segmentJson({ segmentId, collectionId, partitionId, vchannel, rowCount, logs }: importing.SegmentInfo) {
  const { insertLogs = [], deltaLogs = [], statsLogs = [] } = logs ?? {};
  return {
    ...{ segmentID: Number(segmentId), collectionID: Number(collectionId), partitionID: Number(partitionId) },
    ...{ vChannel: vchannel, numRows: Number(rowCount), isSorted: IS_SORTED },
    ...{ state: common.SegmentState.Flushed, level: common.SegmentLevel.L1 },
    ...{ insertLogs: logsJson(insertLogs), deltaLogs: logsJson(deltaLogs), statsLogs: logsJson(statsLogs) },
  };
}

function logsJson(logs: readonly importing.FieldLogs[]) {
  return logs.map(({ fieldId, logIds }) => ({ fieldID: Number(fieldId), logIDs: logIds.map(Number) }));
}
