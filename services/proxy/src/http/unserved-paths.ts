import { excerpt, StatusError, statusCodes } from "@sluice/errors";

const base = "/v2/vectordb/";

/** What Milvus has there and this server has not, with what there is instead. Source: around-import §2.2, §2.6. */
const unserved: readonly [path: RegExp, instead: string][] = [
  [/^resource_groups\//, "all querynodes are one group, and share the segments among them"],
  [/^file_resources\//, "analyzers take their lists from analyzer_params"],
  [
    /^jobs\/snapshot\//,
    "make one by jobs/export/create with the form snapshot, and take one in by jobs/import/restore",
  ],
  [/^jobs\/external_collection\//, "import its files by jobs/import/create"],
  [/^quotacenter\//, "requests are limited by the setting request-rate"],
  [/^collections\/(add|alter|drop)_function/, "functions are declared when a collection is made"],
];

/** Why a call of Milvus's REST API is not served; undefined for what is no such call. */
export function unservedCall(path: string): StatusError | undefined {
  if (!path.startsWith(base)) return undefined;
  const call = path.slice(base.length);
  const found = unserved.find(([pattern]) => pattern.test(call));
  if (!found) return undefined;
  return new StatusError(statusCodes.unimplemented, `${excerpt(call)} is not supported by this server: ${found[1]}`);
}
