import type { ProxyContext } from "../context.ts";
import type { ImportRequests } from "../jobs/import-requests.ts";
import { withoutRefusedFields } from "../refused-fields.ts";
import type { RowCalls } from "../rows/row-calls.ts";
import { cheapTruthOperations } from "./cheap-truths.ts";
import { forwardedOperations } from "./forwarded.ts";
import { importOperations } from "./imports.ts";
import { intercepted, type Operations } from "./operations.ts";
import { queryOperations } from "./query.ts";
import { rowOperations } from "./rows.ts";
import { analyzerOperations } from "./run-analyzer.ts";
import { segmentOperations } from "./segments.ts";
import { sessionOperations } from "./session.ts";
import { statisticsOperations } from "./statistics.ts";

/** Of Milvus's service. A method without operation answers a failing Status, which no client retries. */
export function milvusOperations(context: ProxyContext, requests: ImportRequests, rows: RowCalls): Operations {
  const operations: Operations = {
    ...forwardedOperations(context),
    ...sessionOperations(context),
    ...statisticsOperations(context),
    ...importOperations(requests),
    ...rowOperations(context, rows),
    ...queryOperations(context),
    ...analyzerOperations(context),
    ...segmentOperations(context),
    ...cheapTruthOperations(context),
  };
  return intercepted(operations, [withoutRefusedFields]);
}
