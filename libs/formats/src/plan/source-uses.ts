import { excerpt } from "@sluice/errors";
import { type CollectionSchema, type FieldSchema, META_FIELD_NAME } from "@sluice/schema";
import type { FieldOptions } from "./field-options.ts";

/** Names that are remembered of the sources of one field; `$meta` may have as many as files have keys. */
const MAX_SOURCES = 100;
const MAX_NAME_CHARACTERS = 200;

/** Where the values of a field come from: plain data. */
export interface FieldSource {
  /** Of a struct array its own name. */
  readonly field: string;
  /** Names or paths in the source; of `$meta` those that became keys of it. */
  readonly sources?: readonly string[];
  /** What rows get that the source gives nothing for: absent where that was no row's lot, or is refused. */
  readonly otherwise?: "automatic" | "function" | "folder" | "default" | "null";
}

/** What readers found of names that lead somewhere, while they read: for whoever asks which field was fed by what. */
export class SourceUses {
  readonly #sources = new Map<string, Set<string>>();

  /** @param path in the source @param field a field, a struct array, or `$meta` for what became a key of it */
  note(field: string, path: string): void {
    const sources = this.#sources.get(field) ?? new Set();
    this.#sources.set(field, sources);
    if (sources.size < MAX_SOURCES) sources.add(excerpt(path, MAX_NAME_CHARACTERS));
  }

  /** @param paths in the source that became keys of `$meta` */
  noteMeta(paths: Iterable<string>): void {
    for (const path of paths) this.note(META_FIELD_NAME, path);
  }

  /** In the order of the schema, `$meta` only where something goes there. */
  listed({ schema, options }: { schema: CollectionSchema; options: FieldOptions }): FieldSource[] {
    const members = new Set(
      schema.structs.flatMap(({ name, members }) => members.map((member) => `${name}[${member}]`)),
    );
    const fields = schema.fields.filter(({ name, isDynamic }) => !members.has(name) && !isDynamic);
    const made = fields.map((field) => this.#source(field.name, otherwise(field, options.folderFields)));
    const structs = schema.structs.map(({ name, nullable }) => this.#source(name, nullable ? "null" : undefined));
    const meta = this.#sources.has(META_FIELD_NAME) ? [this.#source(META_FIELD_NAME, undefined)] : [];
    return [...made, ...structs, ...meta];
  }

  #source(field: string, stand: FieldSource["otherwise"]): FieldSource {
    const sources = this.#sources.get(field);
    return { field, ...(sources && { sources: [...sources] }), ...(stand && { otherwise: stand }) };
  }
}

function otherwise(field: FieldSchema, folderFields: ReadonlySet<string> | undefined): FieldSource["otherwise"] {
  if (field.isFunctionOutput) return "function";
  if (field.isPrimaryKey && field.autoId) return "automatic";
  if (folderFields?.has(field.name)) return "folder";
  if (field.defaultValue !== undefined) return "default";
  return field.nullable ? "null" : undefined;
}
