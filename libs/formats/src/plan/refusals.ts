import { excerpt } from "@sluice/errors";
import { ALLOW_OUTPUTS_PROPERTY } from "@sluice/schema";

// The words of what every format refuses alike; Milvus's, where it has some (import semantics §12).

/** Code `schema_mismatch`. */
export function autoKeyRefused(name: string): string {
  return `the primary key '${name}' is auto-generated, no need to provide`;
}

/** Code `schema_mismatch`. @param isBm25 no property allows it: statistics are made of what the function makes */
export function functionOutputRefused(name: string, isBm25: boolean): string {
  return isBm25
    ? `not allowed to provide data for BM25 function output field '${name}'`
    : `not allowed to provide data for function output field '${name}', set collection property '${ALLOW_OUTPUTS_PROPERTY}' to enable`;
}

/** Code `schema_mismatch`. */
export function flatMemberRefused(name: string): string {
  return `'${name}' must be given inside of its struct array, as list of structs`;
}

/** Code `schema_mismatch`. @param detail what the format says of it in Milvus */
export function missed(name: string, detail = ""): string {
  return `value of field '${name}' is missed${detail && `: ${detail}`}`;
}

/** Code `value_invalid`. @param where it stands: in a file, or in a row that a client has sent */
export function nullRefused(name: string, where: "file" | "row" = "file"): string {
  return `the field '${name}' is not nullable but the ${where} contains null value`;
}

/** Code `value_invalid`. */
export function duplicatedKey(key: string, detail = ""): string {
  return `duplicated key is not allowed, key=${excerpt(key)}${detail && `: ${detail}`}`;
}

const COLUMN_TWICE = "it is a column and stands in $meta too";

/** Code `value_invalid`: of a column that `$meta` takes, and that it has already. */
export function duplicatedColumn(key: string): string {
  return duplicatedKey(key, COLUMN_TWICE);
}

/** The same as Milvus says it of CSV. */
export function duplicatedCsvColumn(key: string): string {
  return `duplicated key in dynamic field, key=${excerpt(key)}: ${COLUMN_TWICE}`;
}

/** Code `schema_mismatch`: all rows of a file give the automatic key, or none does. */
export function mixedKeys(name: string, where: string): string {
  return `value of field '${name}' is missed ${where}: all rows of a file give the automatic key, or none does`;
}

/** Code `schema_mismatch`: of an output that may be given. */
export function mixedOutputs(name: string, where: string): string {
  return `value of field '${name}' is missed ${where}: all rows of a file give this function output, or none does`;
}

/** Code `value_invalid`. Who counts characters is told that the limit counts bytes. @param text in UTF-8 */
export function tooLong({ name, maxLength }: { name: string; maxLength: number }, text: Uint8Array): string {
  const characters = text.reduce((count, byte) => ((byte & 0xc0) === 0x80 ? count : count + 1), 0);
  const note = characters < text.length ? `: it counts bytes of UTF-8, the value has ${characters} characters` : "";
  return `value length(${text.length}) for field ${name} exceeds max_length(${maxLength})${note}`;
}

/** Code `value_invalid`; the parser's words follow. */
export function geometryRefused(name: string, text: string): string {
  return `expected type 'Geometry' for field '${name}', got type 'string' with value '${excerpt(text)}'`;
}
