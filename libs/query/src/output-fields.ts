import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import {
  type CollectionSchema,
  DataType,
  type FieldSchema,
  fieldIndex,
  META_FIELD_NAME,
  primaryKeyIndex,
  type StructSchema,
} from "@sluice/schema";
import { isRowCount } from "./aggregate/aggregation.ts";
import { dynamicFieldIndex } from "./bind/columns.ts";
import { FilterError } from "./filter-error.ts";
import { Lexer } from "./parse/lexer.ts";

/** What an answer holds. */
export interface OutputPlan {
  /** Only the number of rows; then everything else is empty. */
  readonly isCount: boolean;
  /** Positions in `schema.fields`, without struct members: the named ones in order of the request, then the primary key. */
  readonly fields: readonly number[];
  /** Struct arrays, each with the members that are wanted. */
  readonly structs: readonly StructSchema[];
  /** For `output_fields` of the answer: names with `*` expanded, and the dynamic keys that were asked for. */
  readonly names: readonly string[];
  /** The keys of `$meta` to return; undefined when the whole object is wanted (or `$meta` is not among `fields`). */
  readonly dynamicKeys: readonly string[] | undefined;
}

/** Output fields of a request: four times as many as a collection can have fields. */
const MAX_NAMES = 1024;

/** What an answer holds besides what the request names. */
export interface OutputOptions {
  /** Query answers always hold the primary key; Search answers only when it is named, by itself or by `*`. Default true. */
  readonly withPrimaryKey?: boolean;
}

/**
 * Resolves `output_fields` (query-and-search §4.1): `*`, fields, struct arrays and their members, dynamic keys as `k` or
 * `$meta["k"]`, `count(*)`.
 * @throws {StatusError} 1100
 */
export function resolveOutputFields(
  requested: readonly string[],
  schema: CollectionSchema,
  options: OutputOptions = {},
): OutputPlan {
  const names = [...new Set(requested.map((name) => name.trim()))];
  if (names.length > MAX_NAMES) refuse(`${names.length} output fields are more than ${MAX_NAMES}`);
  if (names.length === 1 && isRowCount(names[0])) {
    return { isCount: true, fields: [], structs: [], names: ["count(*)"], dynamicKeys: undefined };
  }
  const output = new OutputFields(schema);
  for (const name of names) output.add(name);
  if (options.withPrimaryKey ?? true) output.addField(primaryKeyIndex(schema));
  return output.plan();
}

class OutputFields {
  readonly #schema: CollectionSchema;
  readonly #fields = new Set<number>();
  /** Wanted members by struct. */
  readonly #members = new Map<StructSchema, Set<string>>();
  readonly #names = new Set<string>();
  readonly #keys = new Set<string>();
  #wholeMeta = false;

  constructor(schema: CollectionSchema) {
    this.#schema = schema;
  }

  add(name: string): void {
    const { fields, structs } = this.#schema;
    const struct = structs.find((candidate) => candidate.name === name);
    const index = fieldIndex(this.#schema, name);
    if (name === "*") {
      for (let i = 0; i < fields.length; i++) if (!isHidden(fields[i])) this.addField(i);
    } else if (index >= 0) this.addField(index);
    else if (struct) for (const member of struct.members) this.#addMember(struct, member, name);
    else this.#addKey(name);
  }

  addField(index: number): void {
    const field = this.#schema.fields[index];
    if (isHidden(field)) refuse(`not allowed to retrieve raw data of field ${field.name}`);
    const struct = this.#schema.structs.find(({ name }) => field.name.startsWith(`${name}[`));
    if (struct) {
      this.#addMember(struct, field.name.slice(struct.name.length + 1, -1), struct.name);
      return;
    }
    if (field.isDynamic) this.#wholeMeta = true;
    this.#fields.add(index);
    this.#names.add(field.name);
  }

  #addMember(struct: StructSchema, member: string, name: string): void {
    const members = this.#members.get(struct) ?? new Set();
    this.#members.set(struct, members.add(member));
    this.#names.add(name);
  }

  #addKey(name: string): void {
    if (/^(count|sum|avg|min|max)\s*\(.*\)$/i.test(name))
      refuse(`aggregates are not supported in search request or export, only in queries: ${excerpt(name)}`);
    const meta = dynamicFieldIndex(this.#schema);
    if (meta < 0) refuse(`field ${excerpt(name)} not exist`);
    const key = dynamicKey(name, this.#schema);
    if (key === undefined) refuse(`parse output field name failed: ${excerpt(name)}`);
    this.#fields.add(meta);
    this.#names.add(key);
    this.#keys.add(key);
  }

  plan(): OutputPlan {
    const structs = [...this.#members].map(([struct, members]) => ({
      ...struct,
      members: struct.members.filter((member) => members.has(member)),
    }));
    const dynamicKeys = this.#wholeMeta || this.#keys.size === 0 ? undefined : [...this.#keys];
    return { isCount: false, fields: [...this.#fields], structs, names: [...this.#names], dynamicKeys };
  }
}

/** BM25's sparse vectors: an index over the text, of no use to anyone else. */
function isHidden(field: FieldSchema): boolean {
  return field.isFunctionOutput && field.dataType === DataType.SparseFloatVector;
}

/** `k` or `$meta["k"]`: a name, or one step into `$meta`. */
function dynamicKey(name: string, schema: CollectionSchema): string | undefined {
  try {
    const lexer = new Lexer(name, new Set());
    // Members of struct arrays, which are fields, are no keys.
    if (lexer.end !== name.length || String(lexer.value).includes("[")) return undefined;
    if (lexer.kind === "name") return lexer.value as string;
    const isMeta = lexer.value === META_FIELD_NAME && fieldIndex(schema, META_FIELD_NAME) >= 0;
    return lexer.kind === "path" && isMeta && lexer.steps.length === 1 ? lexer.steps[0].text : undefined;
  } catch (error) {
    if (error instanceof FilterError) return undefined;
    throw error;
  }
}

function refuse(cause: string): never {
  throw new StatusError(statusCodes.invalidParameter, `${cause}: invalid parameter`);
}
