import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { SettingsError } from "./settings-error.ts";

/**
 * Reads a YAML file of settings: names as of the flags, `memory-budget: 2GB`. A mapping stands for names that begin alike:
 * `object-store: { root: data }` is `object-store-root: data`. YAML, because operators know it from deployments, and it
 * takes comments; the yaml package, because it refuses duplicate keys and tells line and column.
 * @throws {SettingsError} when the file cannot be read or is no mapping
 */
export function readSettingsFile(path: string): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  const document = parseFile(path);
  if (document === null || document === undefined) return values;
  if (!isMapping(document)) throw new SettingsError([`${path}: expected a mapping of settings`]);
  flatten(document, "", values);
  return values;
}

function parseFile(path: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new SettingsError([`cannot read the settings file ${path}: ${(error as Error).message}`]);
  }
}

function flatten(mapping: Record<string, unknown>, prefix: string, into: Map<string, unknown>): void {
  for (const [key, value] of Object.entries(mapping)) {
    if (isMapping(value)) flatten(value, `${prefix}${key}-`, into);
    else if (value !== null) into.set(prefix + key, value);
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
