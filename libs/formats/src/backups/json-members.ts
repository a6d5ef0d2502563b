import { excerpt, ImportError } from "@sluice/errors";
import type { BackupPair } from "./backup.ts";

// Members of JSON that Go has written from messages: what is left out is empty, and integers are as long as they are.

/** Ids and timestamps pass 2^53: integers come as text where a double would round them. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** A message as Go writes it. */
export type JsonObject = { readonly [key: string]: Json };

/** @throws {ImportError} `malformed_file` */
export function parseMeta(path: string, text: string): JsonObject {
  const exact = (_key: string, value: Json, { source }: { source?: string } = {}) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "") ? (source ?? "") : value;
  try {
    const value = (JSON.parse as (text: string, reviver: typeof exact) => Json)(text, exact);
    if (isObject(value)) return value;
  } catch (error) {
    throw new ImportError("malformed_file", `the backup's meta is no JSON: ${(error as Error).message}`, {
      file: path,
    });
  }
  throw new ImportError("malformed_file", "the backup's meta is no JSON object", { file: path });
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An empty one where it is left out. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

/** An empty one where it is left out. */
export function arrayAt(object: JsonObject, key: string): readonly Json[] {
  const value = object[key];
  return Array.isArray(value) ? value : [];
}

/** Of messages; anything else in the list is left out. */
export function listAt(object: JsonObject, key: string): JsonObject[] {
  return arrayAt(object, key).filter(isObject);
}

/** Ids too; what is left out is empty. */
export function textAt(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Ids are names of folders. */
export function idAt(object: JsonObject, key: string): string {
  const id = textAt(object, key);
  if (/^-?\d{1,19}$/.test(id)) return id;
  throw new ImportError("malformed_file", `the backup's meta is damaged: ${key} is "${excerpt(id)}", no number`);
}

/** A whole number, also as text; what is left out is 0. @throws {ImportError} `malformed_file` for any other text */
export function numberAt(object: JsonObject, key: string): number {
  const number = Number(textAt(object, key));
  if (Number.isInteger(number)) return number;
  throw new ImportError(
    "malformed_file",
    `the backup's meta is damaged: ${key} is "${excerpt(textAt(object, key))}", no number`,
  );
}

/** Of parameters or properties, in order. */
export function pairsAt(object: JsonObject, key: string): BackupPair[] {
  return listAt(object, key).map((pair) => ({ key: textAt(pair, "key"), value: textAt(pair, "value") }));
}
