import type { CollectionRecord } from "@sluice/catalog";
import { excerpt, ImportError } from "@sluice/errors";
import type { CopySpec } from "@sluice/jobs";
import { decodeStoredSchema, type rootCoord } from "@sluice/rpc";
import type { CollectionSchema, FieldSchema, JobId } from "@sluice/schema";
import { checkAliasName, checkCollectionName } from "../ddl/index.ts";

// What a copy does with a collection that has the name of its target already.

const modes = ["fail", "append", "replace"] as const;
/** A collection that is there: refuse, add rows to it, or swap it for the copy when that is whole. */
export type IfExists = (typeof modes)[number];

/** How a target is looked up. */
export interface CopyTargetDeps {
  /** The active collection by name or alias; undefined where there is none. @throws {StatusError} 800 */
  readonly lookUp: (dbName: string, name: string) => Promise<CollectionRecord | undefined>;
}

/** Where the rows of a copy go. */
export interface CopyTarget {
  readonly ifExists: IfExists;
  readonly dbName: string;
  readonly name: string;
  /** The collection of this name, where it is to be appended to or replaced. */
  readonly existing?: CollectionRecord;
  /** "" = none. */
  readonly alias: string;
}

/**
 * What the request says of its target, which is looked up where one that exists is no reason to refuse.
 * @throws {StatusError} 800, 1100; {ImportError} `request_invalid`
 */
export async function copyTargetOf(
  request: rootCoord.CopyRequest,
  dbName: string,
  { lookUp }: CopyTargetDeps,
): Promise<CopyTarget> {
  const { targetCollectionName: name } = request;
  checkCollectionName(name);
  const ifExists = ifExistsOf(request);
  const { alias } = request;
  if (alias !== "" && ifExists === "append")
    throw new ImportError(
      "request_invalid",
      "alias: rows are appended to a collection that has its names; alter the alias",
    );
  if (alias !== "") await checkNewAlias(alias, name, (text) => lookUp(dbName, text));
  const target = { ifExists, dbName, name, alias };
  const existing = ifExists === "fail" ? undefined : await lookUp(dbName, name);
  if (!existing) return target;
  if (existing.name !== name) {
    const reason = `"${excerpt(name)}" is an alias of the collection "${excerpt(existing.name)}": name that one`;
    throw new ImportError("request_invalid", reason);
  }
  return { ...target, existing };
}

/** @throws {ImportError} `request_invalid` */
export function ifExistsOf({ ifExists: text }: Pick<rootCoord.CopyRequest, "ifExists">): IfExists {
  const mode = modes.find((one) => one === (text || "fail"));
  if (mode) return mode;
  throw new ImportError("request_invalid", `ifExists must be one of ${modes.join(", ")}, found "${excerpt(text)}"`);
}

/**
 * Of an alias that is to point to the collection `name` when that is made.
 * @param lookUp the active collection by name or alias
 * @throws {StatusError} 1100; {ImportError} `request_invalid`
 */
export async function checkNewAlias(
  alias: string,
  name: string,
  lookUp: (name: string) => Promise<CollectionRecord | undefined>,
): Promise<void> {
  checkAliasName(alias);
  const taken = alias === name ? name : (await lookUp(alias))?.name;
  if (taken !== alias) return;
  throw new ImportError("request_invalid", `alias "${excerpt(alias)}" is the name of a collection: choose another one`);
}

/** Of each task; they are in memory. */
const MAX_CHECKED_ROWS = 1000;

/** @throws {ImportError} `request_invalid` */
export function checkedRows({ checkRows }: rootCoord.CopyRequest): Pick<CopySpec, "checkRows"> {
  if (checkRows >= 0 && checkRows <= MAX_CHECKED_ROWS) return checkRows > 0 ? { checkRows } : {};
  throw new ImportError("request_invalid", `checkRows must be from 0 to ${MAX_CHECKED_ROWS}, found ${checkRows}`);
}

/** What the collection is called until it is shown, where its name belongs to another one. */
export function hiddenName({ name, ifExists, existing }: CopyTarget, id: JobId): string {
  return existing && ifExists === "replace" ? `copying_${id}` : name;
}

/** How what the job makes is shown in the end, as its record has it. */
export function shownAs({ ifExists, existing, alias }: CopyTarget): Pick<CopySpec, "replaces" | "alias"> {
  const replaces = existing && ifExists === "replace" ? existing.collectionId : undefined;
  return { ...(replaces !== undefined && { replaces }), ...(alias !== "" && { alias }) };
}

/** @throws {ImportError} `request_invalid`, naming what differs */
export function checkAppendable(source: CollectionSchema, existing: CollectionRecord): void {
  const target = schemaOfRecord(existing);
  const difference = differenceOf(source, target);
  if (difference === undefined) return;
  const reason = `ifExists=append takes equal schemas alone, and "${excerpt(existing.name)}" has another one: ${difference}; copy into a new collection, or replace this one`;
  throw new ImportError("request_invalid", reason);
}

/** In the stored form: members as `struct[member]`, the hidden `$meta` column last. */
export function schemaOfRecord({ storedSchema, properties }: CollectionRecord): CollectionSchema {
  return decodeStoredSchema(Buffer.from(storedSchema, "base64"), properties);
}

/** Partitions of the target by the names of the source's. @throws {ImportError} `request_invalid` for those that are missing */
export function partitionsByName(names: readonly string[], { name, partitions }: CollectionRecord) {
  const missing = names.filter((one) => !partitions.some((partition) => partition.name === one));
  if (missing.length === 0)
    return names.map(
      (one) => partitions.find((partition) => partition.name === one)?.partitionId ?? partitions[0].partitionId,
    );
  const reason = `ifExists=append: "${excerpt(name)}" has no partition ${missing.map((one) => `"${excerpt(one)}"`).join(", ")}: create it, or name the partitions that are copied`;
  throw new ImportError("request_invalid", reason);
}

/** What must be equal of two fields: all but their numbers, by which segments find them. */
const compared = [
  ...["dataType", "elementType", "isPrimaryKey", "isPartitionKey", "autoId", "isDynamic", "nullable"],
  ...["defaultValue", "dim", "maxLength", "maxCapacity", "isFunctionOutput"],
] as readonly (keyof FieldSchema)[];

function differenceOf(source: CollectionSchema, target: CollectionSchema): string | undefined {
  const named = new Map(target.fields.map((field) => [field.name, field]));
  for (const field of source.fields) {
    const other = named.get(field.name);
    if (!other) return `it has no field '${field.name}'`;
    const differs = compared.find((key) => textOf(field[key]) !== textOf(other[key]));
    if (differs)
      return `field '${field.name}' has ${differs} ${textOf(other[differs])}, and the source ${textOf(field[differs])}`;
    named.delete(field.name);
  }
  const [more] = named.keys();
  if (more !== undefined) return `the source has no field '${more}'`;
  const [ours, theirs] = [functionsOf(source), functionsOf(target)];
  return ours === theirs ? undefined : `its functions are ${theirs || "none"}, and the source's ${ours || "none"}`;
}

function functionsOf({ functions = [], fields }: CollectionSchema): string {
  const nameOf = (id: number) => fields.find(({ fieldId }) => fieldId === id)?.name ?? "";
  return functions
    .map(({ type, inputId, outputId }) => `${type}(${nameOf(inputId)}) as ${nameOf(outputId)}`)
    .sort()
    .join(", ");
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one)) ?? "none";
}
