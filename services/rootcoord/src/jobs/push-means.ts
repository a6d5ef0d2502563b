import type { CollectionRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import type { FileHandover, PushCopySpec } from "@sluice/jobs";
import type { ExportRoots } from "@sluice/object-store";
import { decodeStoredSchema, type rootCoord } from "@sluice/rpc";
import type { CollectionSchema } from "@sluice/schema";
import { expiryOf } from "./export-jobs.ts";
import { type ExportPlace, parseExportPlace } from "./export-place.ts";

/** By what the rows of a copy get to another service. */
export interface PushMeans {
  readonly strategy: PushCopySpec["strategy"];
  /** Of the strategy `files`: what was offered. */
  readonly place: ExportPlace | undefined;
}

/** The folder that both services reach, as the request says. @throws {ImportError} `request_invalid`, `path_refused` */
export function offeredFiles(
  { to }: rootCoord.CopyRequest,
  roots: Pick<ExportRoots, "check">,
): ExportPlace | undefined {
  const { files = "", filesAs = "" } = to ?? {};
  if (files === "" && filesAs !== "")
    throw new ImportError("request_invalid", "to.filesAs says what to.files is called there: give both, or none");
  if (files === "") return undefined;
  const place = parseExportPlace(files);
  roots.check(place.root);
  return place;
}

/** Segments as files where the other service can read and take them, else rows. */
export function meansOf(
  source: CollectionRecord,
  request: rootCoord.CopyRequest,
  peer: string,
  offered: ExportPlace | undefined,
): PushMeans {
  const byRows = (why: string): PushMeans => {
    const reason = `${why}, so rows as of one timestamp are inserted there`;
    return { strategy: { name: "rows", reason }, place: undefined };
  };
  if (!offered) return byRows(`the objects of ${peer} are out of reach`);
  const refusal = filesRefusal(source, request);
  if (refusal) return byRows(refusal);
  const reason = `${peer} reads ${request.to?.files}, so it imports the segments as of one timestamp from there`;
  return { strategy: { name: "files", reason }, place: offered };
}

/** Why rows must be sent, although files were offered; undefined = they need not. */
function filesRefusal(source: CollectionRecord, { filter }: rootCoord.CopyRequest): string | undefined {
  const schema = decodeStoredSchema(Buffer.from(source.storedSchema, "base64"), source.properties);
  const { ttlSeconds, ttlField } = expiryOf(source);
  if (filter.trim() !== "") return "segments have rows that do not pass the filter";
  if (ttlSeconds > 0 || ttlField !== "") return "segments may have rows that have expired";
  if (schema.structs.length > 0) return "segments with struct arrays are not known to be taken";
  if (schema.fields.some(({ isFunctionOutput }) => isFunctionOutput)) return "what functions compute is made there";
  if (!hasUsualIds(schema)) return "fields were added later, and would get other ids there";
  return undefined;
}

/** Values are found by the ids of fields, which are given in the order of declaration, to the dynamic field last. */
function hasUsualIds({ fields, enableDynamicField }: CollectionSchema): boolean {
  const inOrder = fields.every(({ fieldId }, i) => fieldId === FIRST_FIELD_ID + i);
  return inOrder && fields.findIndex(({ isDynamic }) => isDynamic) === (enableDynamicField ? fields.length - 1 : -1);
}

const FIRST_FIELD_ID = 100;

/** @param name of a folder of the job's own */
export function handoverOf(
  { root, parts }: ExportPlace,
  { to }: rootCoord.CopyRequest,
  name: string,
  partitions: CollectionRecord["partitions"],
): FileHandover {
  const folder = [...parts, name].join("/");
  const above = (to?.filesAs || parts.join("/")).replace(/\/+$/, "");
  const peerFolder = above === "" && !to?.filesAs ? name : `${above}/${name}`;
  return { root, folder, peerFolder, partitionNames: partitions.map((partition) => partition.name) };
}
