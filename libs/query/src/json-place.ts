import { type CollectionSchema, DataType, fieldIndex } from "@sluice/schema";
import { type JsonPath, jsonPath } from "@sluice/values";
import { dynamicFieldIndex } from "./bind/columns.ts";
import { FilterError } from "./filter-error.ts";
import type { PathStep } from "./parse/ast.ts";
import { Lexer } from "./parse/lexer.ts";

/** A place in the values of a JSON field. */
export interface JsonPlace {
  /** Position of the field. */
  readonly field: number;
  readonly path: JsonPath;
}

/**
 * What `j["a"]["b"]`, `$meta["k"]` or a dynamic key mean, as in an expression; undefined where the text is none of these. Names of fields
 * are for who asks first.
 */
export function jsonPlace(text: string, schema: CollectionSchema): JsonPlace | undefined {
  const name = nameIn(text.trim());
  if (!name) return undefined;
  const field = fieldIndex(schema, name.first);
  if (field >= 0)
    return schema.fields[field].dataType === DataType.JSON ? { field, path: jsonPath(name.steps) } : undefined;
  const meta = dynamicFieldIndex(schema);
  return meta < 0 ? undefined : { field: meta, path: jsonPath([{ text: name.first }, ...name.steps]) };
}

function nameIn(text: string): { readonly first: string; readonly steps: readonly PathStep[] } | undefined {
  try {
    const lexer = new Lexer(text, new Set());
    if (lexer.end !== text.length || typeof lexer.value !== "string" || lexer.value.includes("[")) return undefined;
    if (lexer.kind === "name") return { first: lexer.value, steps: [] };
    return lexer.kind === "path" ? { first: lexer.value, steps: lexer.steps } : undefined;
  } catch (error) {
    if (error instanceof FilterError) return undefined;
    throw error;
  }
}
