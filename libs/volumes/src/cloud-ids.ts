import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { volumeCodes } from "./codes.ts";

/** By what clients of Zilliz Cloud call a server. */
export interface CloudIds {
  readonly project: string;
  readonly region: string;
  readonly cluster: string;
}

/** As a request has them; whatever is missing, null or "" says nothing. */
export interface NamedIds {
  readonly projectId?: unknown;
  readonly regionId?: unknown;
  readonly clusterId?: unknown;
}

/** What is unknown to Zilliz Cloud, or out of the caller's reach. Source: its table of error codes. */
const UNKNOWN_PLACE = 80020;
const NAME = /^[A-Za-z0-9_.-]{1,128}$/;

/** `PROJECT/REGION/CLUSTER`; undefined = any are taken. @throws {Error} for anything else */
export function parseCloudIds(text: string | undefined): CloudIds | undefined {
  if (text === undefined) return undefined;
  const parts = text.split("/");
  const [project, region, cluster] = parts;
  if (parts.length === 3 && parts.every((part) => NAME.test(part))) return { project, region, cluster };
  throw new Error(`cloud-ids must be PROJECT/REGION/CLUSTER, such as proj-default/local/in00-local, found "${text}"`);
}

/** @throws {StatusError} 63250 for another region, 80020 for another project or cluster; 1100 for what is no text */
export function checkCloudIds({ projectId, regionId, clusterId }: NamedIds, ids: CloudIds): void {
  check("projectId", projectId, ids.project, UNKNOWN_PLACE);
  check("regionId", regionId, ids.region, volumeCodes.regionDiffers);
  check("clusterId", clusterId, ids.cluster, UNKNOWN_PLACE);
}

function check(name: string, value: unknown, expected: string, code: number): void {
  if (value === undefined || value === null || value === "" || value === expected) return;
  if (typeof value !== "string") throw new StatusError(statusCodes.invalidParameter, `${name} must be a text`);
  throw new StatusError(
    code,
    `${name} "${excerpt(value, 80)}" is not that of this server, ${expected} (setting cloud-ids)`,
  );
}

/** Files are read where they lie. @throws {StatusError} 63250 */
export function checkVolumeRegion(volume: { readonly name: string; readonly regionId: string }, ids: CloudIds): void {
  if (volume.regionId === ids.region) return;
  const reason = `the volume "${volume.name}" is in region ${excerpt(volume.regionId, 80)}, and the cluster in ${ids.region}: their regions must be the same (setting cloud-ids)`;
  throw new StatusError(volumeCodes.regionDiffers, reason);
}
