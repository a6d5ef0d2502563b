import { createHash } from "node:crypto";
import type { CollectionRecord, JobRecord } from "@sluice/catalog";
import { didYouMean, excerpt, ImportError, StatusError, statusCodes } from "@sluice/errors";
import { type ExportForm, type ExportSpec, exportForms, isCopiedForm, type RowExpiry } from "@sluice/jobs";
import type { ExportRoots } from "@sluice/object-store";
import { compileFilter, resolveOutputFields } from "@sluice/query";
import { decodeStoredSchema, type rootCoord } from "@sluice/rpc";
import { type CollectionSchema, type JobId, jobId } from "@sluice/schema";
import { currentTraceParent } from "@sluice/telemetry";
import { fileForm } from "@sluice/writers";
import { parseExportPlace } from "./export-place.ts";
import type { JobBook } from "./job-book.ts";
import type { RequestedJobs } from "./requested-jobs.ts";

/** What exports need; `now` is in Unix milliseconds. */
export interface ExportJobsDeps {
  readonly book: JobBook;
  readonly requested: RequestedJobs;
  readonly roots: Pick<ExportRoots, "check">;
  readonly allocateId: () => Promise<bigint>;
  readonly allocateTs: () => Promise<bigint>;
  /** The active collection by name or alias. @throws {StatusError} 100 */
  readonly findCollection: (dbName: string, name: string) => Promise<CollectionRecord>;
  readonly now: () => number;
  /** Exports that may be open at once. */
  readonly maxOpenJobs: number;
}

/** Takes requests to export a collection: checks all that can be checked without reading rows, then records the job. */
export class ExportJobs {
  readonly #deps: ExportJobsDeps;
  constructor(deps: ExportJobsDeps) {
    this.#deps = deps;
  }

  /**
   * Records a job and answers its id at once. What is exported is what is visible now.
   * @throws {StatusError} 100, 200, 1100; {ImportError} `request_invalid`, `path_refused`
   */
  async submit(request: rootCoord.ExportRequest): Promise<JobId> {
    const { requested, roots } = this.#deps;
    const collection = await this.#deps.findCollection(request.dbName, request.collectionName);
    const schema = decodeStoredSchema(Buffer.from(collection.storedSchema, "base64"), collection.properties);
    const place = parseExportPlace(request.to);
    roots.check(place.root);
    const form = parseForm(request.format);
    const output = outputOf(schema, request.outputFields);
    checkForm(form, output, request);
    compileFilter(request.filter, schema);
    const partitions = partitionsOf(collection, request.partitionNames);
    const digest = digestOf(request);
    const earlier = await requested.findEarlier(collection.collectionId, request.idempotencyKey, digest);
    if (earlier !== undefined) return earlier;
    this.#checkOpenJobs();
    const id = jobId(await this.#deps.allocateId());
    // Each export has a folder of its own: nothing is written over, and what failed is removed whole.
    const folder = [...place.parts, `${collection.name}_${id}`].join("/");
    const spec: ExportSpec = {
      ...{ form, folder, output, partitions, root: place.root, filter: request.filter.trim() },
      ...{ expiry: expiryOf(collection), options: optionsOf(request) },
      warnings: form === "backup" ? expiryWarnings(collection) : [],
    };
    return this.#record(id, spec, collection, request, digest);
  }

  #checkOpenJobs(): void {
    const open = this.#deps.book.openOf("export");
    if (open.length < this.#deps.maxOpenJobs) return;
    throw new ImportError(
      "request_invalid",
      `${open.length} exports are unfinished, and no more may be: try again later`,
    );
  }

  async #record(
    id: JobId,
    spec: ExportSpec,
    collection: CollectionRecord,
    request: rootCoord.ExportRequest,
    requestDigest: string,
  ): Promise<JobId> {
    const { collectionId, name, dbName, vchannels, storedSchema, properties } = collection;
    const job: JobRecord = {
      ...{ jobId: id, kind: "export", spec, state: "pending", groups: [] },
      ...{ collectionId, collectionName: name, dbName, vchannels, schema: storedSchema, properties },
      partitionName: request.partitionNames.join(","),
      partitionIds: spec.partitions.map(({ partitionId }) => partitionId),
      ...{ idempotencyKey: request.idempotencyKey, requestDigest },
      // Of the snapshot.
      timestamp: await this.#deps.allocateTs(),
      ...{ createdMs: this.#deps.now(), deadlineMs: 0, completedMs: 0, rowCount: 0, segmentIds: [], autoIds: [] },
      traceParent: currentTraceParent(),
    };
    return this.#deps.requested.create(this.#deps.requested.withWebhooks(job));
  }
}

function parseForm(text: string): ExportForm {
  const form = exportForms.find((name) => name === (text || "parquet"));
  if (form) return form;
  throw new ImportError("request_invalid", `format must be one of ${exportForms.join(", ")}, found "${excerpt(text)}"`);
}

/** The schema with the fields that are written; without names all but the outputs of functions, which an import computes. */
function outputOf(schema: CollectionSchema, names: readonly string[]): CollectionSchema {
  const plan = resolveOutputFields(names.length > 0 ? names : ["*"], schema);
  if (plan.isCount || plan.dynamicKeys) throw noFields(names, schema);
  const members = new Set(plan.structs.flatMap(({ name, members }) => members.map((member) => `${name}[${member}]`)));
  const chosen = schema.fields.filter((field, i) => plan.fields.includes(i) || members.has(field.name));
  return { ...schema, fields: chosen.filter(({ isFunctionOutput }) => !isFunctionOutput), structs: plan.structs };
}

function noFields(names: readonly string[], schema: CollectionSchema): ImportError {
  const known = ["$meta", ...schema.fields.map(({ name }) => name), ...schema.structs.map(({ name }) => name)];
  const other = names.find((name) => name !== "*" && !known.includes(name)) ?? "";
  const reason = `"${excerpt(other)}" is no field${didYouMean(other, known)}: output_fields are fields, struct arrays and $meta, which has all dynamic keys`;
  return new ImportError("request_invalid", reason);
}

function checkForm(
  form: ExportForm,
  output: CollectionSchema,
  { filter, outputFields }: rootCoord.ExportRequest,
): void {
  if (isCopiedForm(form)) {
    if (filter.trim() === "" && outputFields.length === 0) return;
    const reason = `a ${form} has segments as they are: leave filter and output_fields out, or export parquet`;
    throw new ImportError("request_invalid", reason);
  }
  const refusal = fileForm(form).refusal(output);
  if (refusal) throw new ImportError("unsupported", refusal);
}

/** @throws {StatusError} 200 */
function partitionsOf({ partitions }: CollectionRecord, names: readonly string[]): ExportSpec["partitions"] {
  const missing = names.find((name) => !partitions.some((partition) => partition.name === name));
  if (missing !== undefined)
    throw new StatusError(statusCodes.partitionNotFound, `partition not found[partition=${excerpt(missing, 300)}]`);
  const wanted = partitions.filter(({ name }) => names.length === 0 || names.includes(name));
  return wanted.map(({ partitionId, name }) => ({ partitionId, name }));
}

/** A restore makes the times of rows anew. */
function expiryWarnings(collection: CollectionRecord): string[] {
  if (expiryOf(collection).ttlSeconds === 0) return [];
  return [
    "rows count anew from their restore on, by which they expire; segments that were merged have rows in them that have expired",
  ];
}

/** As queries have it. */
export function expiryOf({ properties }: Pick<CollectionRecord, "properties">): RowExpiry {
  const values = new Map(properties);
  const ttlSeconds = Number(values.get("collection.ttl.seconds") ?? 0);
  return { ttlSeconds: Math.max(0, ttlSeconds), ttlField: values.get("ttl_field") ?? "" };
}

function optionsOf({ to, format, filter, outputFields }: rootCoord.ExportRequest): [string, string][] {
  const given = { to, format, filter, output_fields: outputFields.join(",") };
  return Object.entries(given).filter(([, value]) => value !== "");
}

function digestOf({ partitionNames, filter, outputFields, format, to }: rootCoord.ExportRequest): string {
  const asked = JSON.stringify(["export", partitionNames, filter, outputFields, format, to]);
  return createHash("sha256").update(asked).digest("base64url");
}
