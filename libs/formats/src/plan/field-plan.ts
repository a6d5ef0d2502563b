import { ImportError } from "@sluice/errors";
import { type CollectionSchema, type FieldSchema, functionOfOutput, type StructSchema } from "@sluice/schema";
import { DynamicColumn } from "./dynamic-column.ts";
import type { FieldOptions } from "./field-options.ts";
import { autoKeyRefused, flatMemberRefused, functionOutputRefused } from "./refusals.ts";
import { parsePath } from "./source-path.ts";
import { SourceUses } from "./source-uses.ts";
import { takesForm } from "./value-form.ts";

/** What a name in a source leads to. */
export type Target =
  /** Values of the field at `index` of the schema. */
  | { readonly kind: "field"; readonly index: number }
  /** A struct array, whose members are the fields at `members`. */
  | { readonly kind: "struct"; readonly struct: StructSchema; readonly members: readonly number[] }
  /** The dynamic column, at `index`. */
  | { readonly kind: "meta"; readonly index: number }
  /** Nothing itself, but what is in it leads somewhere. `isSpread`: what no field has is a key of `$meta` by itself. */
  | { readonly kind: "inside"; readonly names: ReadonlyMap<string, Target>; readonly isSpread?: boolean }
  /** No file may give it. */
  | { readonly kind: "refused"; readonly error: ImportError }
  /** The name of a field whose values the mapping finds elsewhere: what stands here is left alone. */
  | { readonly kind: "unused" }
  /** No field has it. */
  | { readonly kind: "extra" };

const EXTRA: Target = { kind: "extra" };
const UNUSED: Target = { kind: "unused" };

/**
 * Which name or path of a source feeds which field: made once from the schema and the import's options, before any reader.
 * Readers ask it what a name leads to; what a missing value becomes is the field's (`standInOf`). Without a mapping every
 * field, and every struct array, is found under its own name.
 */
export class FieldPlan {
  readonly schema: CollectionSchema;
  readonly options: FieldOptions;
  /** What the dynamic column takes. */
  readonly dynamic: DynamicColumn;
  /** What readers find while they read. */
  readonly uses: SourceUses;
  /** Names of the source, from its rows or columns on. */
  readonly #names = new Map<string, Target>();
  readonly #targets: ReadonlyMap<string, Target>;

  /** @throws {ImportError} `request_invalid` for a mapping that contradicts itself or the collection */
  constructor(schema: CollectionSchema, options: FieldOptions, uses = new SourceUses()) {
    this.schema = schema;
    this.uses = uses;
    this.options = options;
    this.dynamic = DynamicColumn.of(schema);
    this.#targets = targetsOf(schema);
    const mapped = new Set<string>();
    for (const [source, name] of options.mapping) this.#map(source, name, mapped);
    for (const source of options.mapping.keys()) this.#checkRest(source, mapped);
    for (const source of options.ignored ?? []) this.#ignore(source);
    for (const source of options.spread ?? []) spread(this.#names, parsePath(source));
    this.#checkForms(options.forms);
    // Every other field is found under its own name, unless that is where another one's values are.
    for (const [name, target] of this.#targets)
      if (!this.#names.has(name)) this.#names.set(name, this.#isElsewhere(name, mapped) ? UNUSED : target);
  }

  /** Where a preset looks for it a file need not have it, and may have it under its own name. */
  #isElsewhere(name: string, mapped: ReadonlySet<string>): boolean {
    return mapped.has(name) && !this.options.optionalSources?.has(this.sourceOf(name));
  }

  /** What a name of a row, or of a column, leads to. */
  target(name: string): Target {
    return this.#names.get(name) ?? EXTRA;
  }

  /** Whether a field, a struct array or the dynamic column is called so. */
  isName(name: string): boolean {
    return this.#targets.has(name);
  }

  /** Names under which a source gives values, in the order of the fields that it may give. */
  get givenNames(): string[] {
    const { fields, structs } = this.schema;
    const given = fields.filter(({ name }) => this.#targets.get(name)?.kind === "field");
    return [...given, ...structs].map(({ name }) => this.sourceOf(name));
  }

  /** The plan of rows that lie at `path` of a document: paths of the mapping go on from there. */
  below(path: readonly string[]): FieldPlan {
    if (path.length === 0) return this;
    const goesOn = (source: string) => {
      const steps = parsePath(source);
      const isBelow = steps.length > path.length && path.every((step, i) => step === steps[i]);
      return isBelow ? steps.slice(path.length).join(".") : source;
    };
    const { mapping, ignored = [], optionalSources = [], spread = [] } = this.options;
    const below = {
      ...this.options,
      mapping: new Map([...mapping].map(([source, name]) => [goesOn(source), name])),
      ignored: ignored.map(goesOn),
      spread: spread.map(goesOn),
      optionalSources: new Set([...optionalSources].map(goesOn)),
    };
    return new FieldPlan(this.schema, below, this.uses);
  }

  /** The plan of a source that has no lists: texts stand for vectors, where the mapping does not say in which other form they are. */
  withTextVectors(): FieldPlan {
    const texts = this.schema.fields.filter(takesForm).map(({ name }) => [name, "text"] as const);
    const forms = new Map([...texts, ...(this.options.forms ?? [])]);
    return new FieldPlan(this.schema, { ...this.options, forms }, this.uses);
  }

  /** Where a field's values are looked for: its own name, or what the mapping says. */
  sourceOf(name: string): string {
    for (const [source, field] of this.options.mapping) if (field === name) return source;
    return name;
  }

  #map(source: string, name: string, mapped: Set<string>): void {
    const target = this.#targets.get(name);
    if (!target) throw invalidMapping(`there is no field '${name}'`);
    if (target.kind === "refused") throw invalidMapping(target.error.reason);
    if (mapped.has(name)) throw invalidMapping(`two sources for field '${name}'`);
    mapped.add(name);
    const path = parsePath(source);
    place(this.#names, path, target, source);
    // A name with dots may be one name.
    if (!this.#names.has(source)) this.#names.set(source, target);
  }

  /** Of what is mapped too, the mapping counts. */
  #ignore(source: string): void {
    const path = parsePath(source);
    if (this.options.mapping.has(source)) throw invalidMapping(`'${source}' is ignored, and the source of a field`);
    place(this.#names, path, UNUSED, source);
    if (!this.#names.has(source)) this.#names.set(source, UNUSED);
  }

  #checkForms(forms: FieldOptions["forms"] = new Map()): void {
    for (const [name, form] of forms) {
      const field = this.schema.fields.find((candidate) => candidate.name === name);
      if (field && !takesForm(field))
        throw invalidMapping(`field '${name}' is no dense vector, so it cannot be "as": "${form}"`);
    }
  }

  /** A field in whose values another one's are looked for would be left without its own, and nobody would be told. */
  #checkRest(source: string, mapped: ReadonlySet<string>): void {
    const [first] = parsePath(source);
    if (this.#names.get(first)?.kind !== "inside" || !this.#targets.has(first) || mapped.has(first)) return;
    throw invalidMapping(
      `'${source}' lies in field '${first}', which would lose the rest: name a source for '${first}' too`,
    );
  }
}

/** What each name of the collection is for a file that has it. */
function targetsOf(schema: CollectionSchema): Map<string, Target> {
  const targets = new Map<string, Target>();
  for (const [index, field] of schema.fields.entries()) targets.set(field.name, targetOf(schema, field, index));
  for (const struct of schema.structs) {
    const names = struct.members.map((member) => `${struct.name}[${member}]`);
    const members = names.map((name) => schema.fields.findIndex((field) => field.name === name));
    for (const name of names) targets.set(name, refused(name, flatMemberRefused(name)));
    targets.set(struct.name, { kind: "struct", struct, members });
  }
  return targets;
}

function targetOf(schema: CollectionSchema, field: FieldSchema, index: number): Target {
  const { name } = field;
  if (field.isDynamic) return { kind: "meta", index };
  if (field.isPrimaryKey && field.autoId && !schema.allowInsertAutoId) return refused(name, autoKeyRefused(name));
  if (field.isFunctionOutput && !field.mayBeGiven)
    return refused(name, functionOutputRefused(name, functionOfOutput(schema, field)?.type === "bm25"));
  return { kind: "field", index };
}

function refused(field: string, reason: string): Target {
  return { kind: "refused", error: new ImportError("schema_mismatch", reason, { field }) };
}

/** Hangs a target under the steps that lead to it. */
function place(names: Map<string, Target>, path: readonly string[], target: Target, source: string): void {
  const [first, ...rest] = path;
  const there = names.get(first);
  if (rest.length === 0) {
    if (there) throw invalidMapping(`'${source}' is the source of two fields`);
    names.set(first, target);
    return;
  }
  if (there && there.kind !== "inside") throw invalidMapping(`'${source}' lies in what is a field's own source`);
  const inside = there ?? { kind: "inside", names: new Map<string, Target>() };
  names.set(first, inside);
  place(inside.names as Map<string, Target>, rest, target, source);
}

/** What is somebody's own source stays whole. */
function spread(names: Map<string, Target>, [first, ...rest]: readonly string[]): void {
  const there = names.get(first) ?? { kind: "inside", names: new Map<string, Target>() };
  if (there.kind !== "inside") return;
  names.set(first, rest.length === 0 ? { ...there, isSpread: true } : there);
  if (rest.length > 0) spread(there.names as Map<string, Target>, rest);
}

function invalidMapping(reason: string): ImportError {
  return new ImportError("request_invalid", `options.fields_mapping: ${reason}`);
}
