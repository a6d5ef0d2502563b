import { ImportError } from "@sluice/errors";
import { pandasIndexOf } from "@sluice/parquet";
import type { Field } from "apache-arrow/fb/field";
import type { KeyValue } from "apache-arrow/fb/key-value";
import type { Schema } from "apache-arrow/fb/schema";
import type { ArrowField, ArrowType } from "./arrow-type.ts";
import { damaged } from "./damage.ts";
import { extensionType } from "./extension-type.ts";
import type { MetadataBytes } from "./metadata-bytes.ts";
import { integerKind, readType } from "./read-type.ts";

/** Columns in columns. */
const MAX_DEPTH = 64;
/** A field takes some ten bytes of metadata at least; more than a file could claim with those it has. */
const MIN_FIELD_BYTES = 4;
const BIG_ENDIAN = 1;

/** The columns of a file. */
export interface ArrowSchema {
  readonly fields: readonly ArrowField[];
  /** Columns that label rows, as pandas says, and are no data. */
  readonly indexes: readonly string[];
  /** What messages call the format; Arrow where nothing is said. */
  readonly called?: string;
}

/** @throws {ImportError} `malformed_file`, `unsupported` */
export function readSchema(schema: Schema, bytes: MetadataBytes): ArrowSchema {
  if (schema.endianness() === BIG_ENDIAN)
    throw new ImportError("unsupported", "the Arrow data are big-endian: write them on a little-endian machine");
  const reader = new SchemaReader(bytes);
  const count = bytes.count(schema.fieldsLength(), MIN_FIELD_BYTES);
  const fields = Array.from({ length: count }, (_, i) => reader.field(schema.fields(i), 0));
  const notes = bytes.count(schema.customMetadataLength(), 4);
  const pandas = noteOf("pandas", notes, (i) => schema.customMetadata(i));
  return { fields, indexes: pandasIndexOf({ pandas }, 0).columns };
}

/** The value of a key among notes of a schema or column. */
function noteOf(key: string, count: number, at: (i: number) => KeyValue | null): string | undefined {
  for (let i = 0; i < count; i++) if (at(i)?.key() === key) return at(i)?.value() ?? undefined;
  return undefined;
}

class SchemaReader {
  readonly #bytes: MetadataBytes;
  /** Fields that there may still be: offsets may lead to one field again and again. */
  #left: number;

  constructor(bytes: MetadataBytes) {
    this.#bytes = bytes;
    this.#left = bytes.capacity() / MIN_FIELD_BYTES;
  }

  field(field: Field | null, depth: number): ArrowField {
    if (!field) throw damaged("a column is missing");
    if (depth > MAX_DEPTH || this.#left-- <= 0) throw damaged("columns in columns without end");
    const count = this.#bytes.count(field.childrenLength(), MIN_FIELD_BYTES);
    const children = Array.from({ length: count }, (_, i) => this.field(field.children(i), depth + 1));
    const type = checkedChildren(
      extensionType(readType(field), (key) => this.#noteOf(field, key)),
      children,
    );
    const base = { name: field.name() ?? "", isNullable: field.nullable(), type, children };
    const dictionary = field.dictionary();
    if (!dictionary) return base;
    const index = dictionary.indexType();
    const { number, width } = index ? integerKind(index) : ({ number: "int32", width: 4 } as const);
    return { ...base, dictionary: { id: dictionary.id(), index: number, indexWidth: width } };
  }

  #noteOf(field: Field, key: string): string | undefined {
    const count = this.#bytes.count(field.customMetadataLength(), 4);
    return noteOf(key, count, (i) => field.customMetadata(i));
  }
}

/** Lists have one column inside, maps a struct of two. @throws {ImportError} */
function checkedChildren(type: ArrowType, children: readonly ArrowField[]): ArrowType {
  const { kind } = type;
  const isWrong =
    (kind === "list" && children.length !== 1) ||
    (kind === "map" &&
      (children.length !== 1 || children[0].type.kind !== "struct" || children[0].children.length !== 2)) ||
    (kind !== "list" && kind !== "map" && kind !== "struct" && kind !== "unsupported" && children.length > 0);
  if (isWrong) throw damaged(`a ${type.name} has ${children.length} columns inside`);
  return type;
}
