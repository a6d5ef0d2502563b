import { ImportError } from "@sluice/errors";
import { type CollectionSchema, DataType, type FieldSchema } from "@sluice/schema";
import type { FieldOptions, MappingTarget } from "../plan/field-options.ts";
import { parseTarget } from "../plan/field-options.ts";
import type { ValueForm } from "../plan/value-form.ts";
import type { Preset, PresetTarget } from "./preset.ts";
import { presetOf } from "./preset-of.ts";

/**
 * The options of an import with what its preset says of this collection. What the import says itself counts: of a field that it
 * maps, or a source that it names, the preset says nothing.
 * @throws {ImportError} `request_invalid`
 */
export function withPreset(schema: CollectionSchema, options: FieldOptions, text: string | undefined): FieldOptions {
  if (text === undefined || text === "") return options;
  return new PresetMapping(schema, options).with(presetOf(text));
}

class PresetMapping {
  readonly #schema: CollectionSchema;
  readonly #options: FieldOptions;
  readonly #mapping: Map<string, string>;
  readonly #ignored: string[];
  readonly #forms: Map<string, ValueForm>;
  readonly #optional = new Set<string>();
  /** Fields that have a source. */
  readonly #taken: Set<string>;

  constructor(schema: CollectionSchema, options: FieldOptions) {
    this.#schema = schema;
    this.#options = options;
    this.#mapping = new Map(options.mapping);
    this.#ignored = [...(options.ignored ?? [])];
    this.#forms = new Map(options.forms);
    this.#taken = new Set(options.mapping.values());
  }

  with({ fields_mapping, extended_json: extendedJson }: Preset): FieldOptions {
    const entries = Object.entries(fields_mapping).filter(([source]) => !this.#isNamed(source));
    for (const [source, target] of entries) if (target !== null && !source.endsWith(".*")) this.#add(source, target);
    const all = entries.map(([source]) => source).filter((source) => source.endsWith(".*"));
    for (const source of all) this.#addAll(source.slice(0, -1));
    for (const [source, target] of entries) if (target === null && !this.#isField(source)) this.#ignored.push(source);
    const [mapping, ignored, forms] = [this.#mapping, this.#ignored, this.#forms];
    const spread = all.map((source) => source.slice(0, -2));
    return {
      ...this.#options,
      mapping,
      ignored,
      forms,
      optionalSources: this.#optional,
      spread,
      ...(extendedJson && { extendedJson }),
    };
  }

  #isNamed(source: string): boolean {
    return this.#options.mapping.has(source) || this.#options.ignored?.includes(source) === true;
  }

  /** A field of the collection is imported, also under a name that the preset leaves out. */
  #isField(source: string): boolean {
    return this.#schema.fields.some(({ name }) => name === source && !this.#taken.has(name));
  }

  #add(source: string, target: PresetTarget): void {
    const { for: type, ...plain } = typeof target === "string" ? { field: target } : target;
    const { field: role, as } = parseTarget(plain, source) as MappingTarget;
    const field = this.#fieldOf(role, source);
    if (!field || this.#taken.has(field.name) || (type !== undefined && type !== keyType(field))) return;
    this.#put(source, field.name);
    if (as !== undefined) this.#forms.set(field.name, as);
  }

  /** @param prefix ends with a point */
  #addAll(prefix: string): void {
    for (const field of this.#schema.fields)
      if (this.#mayGive(field) && !field.isDynamic && !this.#taken.has(field.name))
        this.#put(prefix + field.name, field.name);
  }

  #put(source: string, field: string): void {
    this.#mapping.set(source, field);
    this.#taken.add(field);
    this.#optional.add(source);
  }

  #fieldOf(role: string, source: string): FieldSchema | undefined {
    const fields = this.#schema.fields.filter((field) => this.#mayGive(field));
    switch (role) {
      case "$id":
        return fields.find(({ isPrimaryKey }) => isPrimaryKey);
      case "$meta":
        return fields.find(({ isDynamic }) => isDynamic);
      case "$vector":
        return this.#only(fields.filter(isDenseVector), source);
      case "$sparse_vector":
        return this.#only(
          fields.filter(({ dataType }) => dataType === DataType.SparseFloatVector),
          source,
        );
      default:
        return fields.find(({ name }) => name === role);
    }
  }

  /** Which of several is meant nobody but the user knows. */
  #only(fields: readonly FieldSchema[], source: string): FieldSchema | undefined {
    const left = fields.filter(({ name }) => !this.#taken.has(name));
    if (left.length < 2) return left[0];
    const names = left.map(({ name }) => `'${name}'`).join(" or ");
    throw new ImportError(
      "request_invalid",
      `options.preset: '${source}' may be ${names}: say in fields_mapping {"${source}": "field"}`,
    );
  }

  /** Members of struct arrays come with their struct. */
  #mayGive({ isPrimaryKey, autoId, isFunctionOutput, name }: FieldSchema): boolean {
    if (isPrimaryKey && autoId && !this.#schema.allowInsertAutoId) return false;
    return !isFunctionOutput && !this.#schema.structs.some((struct) => name.startsWith(`${struct.name}[`));
  }
}

function keyType({ dataType }: FieldSchema): "text" | "integer" {
  return dataType === DataType.Int64 ? "integer" : "text";
}

function isDenseVector({ dataType }: FieldSchema): boolean {
  return (
    dataType >= DataType.BinaryVector && dataType !== DataType.SparseFloatVector && dataType !== DataType.ArrayOfVector
  );
}
