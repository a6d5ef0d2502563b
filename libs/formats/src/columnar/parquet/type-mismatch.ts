import { ImportError } from "@sluice/errors";
import type { SchemaNode } from "@sluice/parquet";
import { foundType } from "./type-rules.ts";

/** A column of a type that its field does not take, in Milvus's words and ours. @param hint what to do about it */
export function typeMismatch(file: string, name: string, expected: string, column: SchemaNode, hint = ""): ImportError {
  return mismatch(
    file,
    name,
    `schema not equal, err=field '${name}' type mis-match, expect arrow type '${expected}', get arrow data type '${foundType(column)}': the field takes no column of this type${hint}`,
  );
}

/** Code `schema_mismatch`. */
export function mismatch(file: string, field: string, reason: string): ImportError {
  return new ImportError("schema_mismatch", reason, { file, field });
}
