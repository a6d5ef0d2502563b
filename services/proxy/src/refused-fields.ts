import { StatusError, statusCodes } from "@sluice/errors";
import type { Interceptor, Method } from "./operations/operations.ts";

/** What is wrong with a value that a field has; undefined: it asks for nothing that is not done. */
type Check = (value: unknown) => string | undefined;
type Checks = Readonly<Record<string, Check>>;

/** The greatest timestamp: what some clients say for "now". */
const MAX_TIMESTAMP = 2n ** 64n - 1n;
const DEFAULT_GROUP = "__default_resource_group";

const isGiven = (what: string) => (value: unknown) => (value ? what : undefined);
const hasAny = (what: string) => (value: unknown) => ((value as { length: number }).length > 0 ? what : undefined);
const ofThePast = (name: string) => (value: unknown) =>
  value === 0n || value === MAX_TIMESTAMP
    ? undefined
    : `${name} is not supported by this server: everything is read as it is now (leave it out)`;

/** Its first half is Milvus's. */
const namespace: Check = () =>
  "namespace data is set but namespace disabled: leave it out, and keep tenants apart by a partition key";
const resourceGroups: Check = (value) => {
  const other = (value as string[]).find((name) => name !== "" && name !== DEFAULT_GROUP);
  return other === undefined ? undefined : `there are no resource groups but ${DEFAULT_GROUP}: leave them out`;
};
const search: Checks = {
  namespace,
  travelTimestamp: ofThePast("travel_timestamp"),
  subReqs: hasAny("sub_reqs are not supported by this server: rank several searches by HybridSearch"),
  searchByPrimaryKeys: isGiven("search_by_primary_keys is not supported by this server: send the keys as ids"),
};
const eachSearch: Check = (value) => (value as object[]).map((one) => wrongOf(one, search)).find((wrong) => wrong);

/**
 * Fields that no handler reads, and that would change what a client is answered: passed over, the answer would be taken for what was
 * asked. What else nobody reads changes nothing; the test names it with the reason.
 */
export const refusedFields: { readonly [method in Method]?: Checks } = {
  insert: { namespace },
  upsert: { namespace },
  delete: { namespace },
  query: { namespace, travelTimestamp: ofThePast("travel_timestamp") },
  search,
  hybridSearch: { namespace, travelTimestamp: ofThePast("travel_timestamp"), requests: eachSearch },
  describeCollection: { timeStamp: ofThePast("time_stamp") },
  hasCollection: { timeStamp: ofThePast("time_stamp") },
  showCollections: { timeStamp: ofThePast("time_stamp") },
  loadCollection: { resourceGroups },
  loadPartitions: { resourceGroups },
  import: {
    clusteringInfo: hasAny("clustering_info is not supported by this server: rows go to shards by their keys"),
  },
};

function wrongOf(request: object, checks: Checks): string | undefined {
  for (const [name, check] of Object.entries(checks)) {
    const value = (request as Record<string, unknown>)[name];
    const wrong = value === undefined ? undefined : check(value);
    if (wrong !== undefined) return `${wrong}: invalid parameter`;
  }
  return undefined;
}

/** Refuses requests with such fields. @throws {StatusError} 1100 */
export const withoutRefusedFields: Interceptor = (next, method) => {
  const checks = refusedFields[method as Method];
  if (!checks) return next;
  return async (request, call) => {
    const wrong = wrongOf(request, checks);
    if (wrong !== undefined) throw new StatusError(statusCodes.invalidParameter, wrong);
    return next(request, call);
  };
};
