import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { didYouMean, excerpt, ImportError } from "@sluice/errors";
import { META_FIELD_NAME } from "@sluice/schema";
import { Coercions } from "../../coercions.ts";
import type { FieldPlan, Target } from "../../plan/field-plan.ts";
import { type KnownKey, ObjectKeys, type RowTarget } from "./object-keys.ts";
import { plannedParser } from "./planned-parser.ts";
import { fieldReader } from "./read-field.ts";
import type { Scanner } from "./scanner.ts";

/** Names of keys that nobody takes, as far as they are remembered. */
const MAX_LEFT_OUT = 1000;

/** Makes, once for each target of the plan, what keys of rows lead to. */
export class RowTargets {
  readonly #plan: FieldPlan;
  readonly #scanner: Scanner;
  readonly #builders: readonly (FixedBuilder | VarBuilder)[];
  readonly #hasMeta: boolean;
  readonly #made = new Map<Target | Key, RowTarget>();
  /** Keys that no field has, where there is no `$meta`. */
  readonly leftOut = new Set<string>();
  readonly coercions = new Coercions();

  readonly #labels: ReadonlySet<string>;

  /** @param labels keys of rows that are nobody's unless a field is called so */
  constructor(
    plan: FieldPlan,
    scanner: Scanner,
    builders: readonly (FixedBuilder | VarBuilder)[],
    labels: readonly string[] = [],
  ) {
    this.#labels = new Set(labels);
    this.#plan = plan;
    this.#scanner = scanner;
    this.#builders = builders;
    this.#hasMeta = plan.schema.fields.some((field) => field.isDynamic);
  }

  /** Keys of the rows themselves. */
  rowKeys(): ObjectKeys {
    return new ObjectKeys(this.#scanner, (name) => this.#ofRow(name));
  }

  /** What the values of a row that is a list lead to. */
  cells(names: readonly string[]): KnownKey[] {
    return names.map((name) => ({ bytes: Buffer.from(JSON.stringify(name)), ...this.#ofRow(name) }));
  }

  #ofRow(name: string): Omit<KnownKey, "bytes"> {
    const target = this.#plan.target(name);
    return this.#known(name, name, target.kind === "extra" && this.#labels.has(name) ? UNUSED : target);
  }

  /** Remembers what nobody takes. @throws {ImportError} `schema_mismatch` where that is refused */
  leaveOut(path: string): void {
    if (this.#hasMeta) return;
    if (this.#plan.options.isGiven) this.#refuse(path);
    if (this.leftOut.size < MAX_LEFT_OUT) this.leftOut.add(path);
  }

  #refuse(path: string): never {
    const { fields, structs } = this.#plan.schema;
    const near = didYouMean(
      path,
      [...fields, ...structs].map(({ name }) => name),
    );
    throw new ImportError(
      "schema_mismatch",
      `has pass more field without dynamic schema, please check it: no field takes '${excerpt(path)}'${near}`,
      { file: this.#scanner.path, ...(this.#scanner.row >= 0 && { row: this.#scanner.row }) },
    );
  }

  /** @param path the name with those that it lies in */
  #known(name: string, path: string, target: Target | Key): Omit<KnownKey, "bytes"> {
    if (target.kind === "extra" || target.kind === "key") this.leaveOut(path);
    this.#noteUse(target, path);
    const made = this.#made.get(target) ?? this.#make(target, path);
    this.#made.set(target, made);
    return { name, path, field: this.#fieldOf(path, made), target: made };
  }

  /** Asked for where a key is met that is not the one that was expected: seldom. */
  #noteUse(target: Target | Key, path: string): void {
    const { schema, uses } = this.#plan;
    if (target.kind === "field" || target.kind === "meta") uses.note(schema.fields[target.index].name, path);
    else if (target.kind === "struct") uses.note(target.struct.name, path);
    else if (this.#hasMeta && (target.kind === "extra" || target.kind === "key")) uses.note(META_FIELD_NAME, path);
  }

  #make(target: Target | Key, path: string): RowTarget {
    switch (target.kind) {
      case "field": {
        const builder = this.#builders[target.index];
        const parse = plannedParser(this.#plan, builder, this.coercions);
        const reader = fieldReader(builder, parse, this.#plan.options);
        return { kind: "field", index: target.index, reader };
      }
      case "struct": {
        const members = target.members.map((index) => this.#builders[index] as VarBuilder);
        return { kind: "struct", parser: { struct: target.struct, members }, indexes: target.members };
      }
      case "inside":
        return this.#inside(target, path);
      default:
        return target;
    }
  }

  #inside({ names, isSpread }: Extract<Target, { kind: "inside" }>, path: string): RowTarget {
    // A name of a field is no key of `$meta`: what stands under it and is not the field's stays where it is.
    const left = (name: string) => (isSpread && !this.#plan.isName(name) ? KEY : EXTRA);
    const keys = new ObjectKeys(this.#scanner, (name) =>
      this.#known(name, `${path}.${name}`, names.get(name) ?? left(name)),
    );
    const elements: KnownKey[] = [];
    for (const [name, target] of names)
      if (/^\d{1,4}$/.test(name))
        elements[Number(name)] = { bytes: NO_KEY, ...this.#known(name, `${path}[${name}]`, target) };
    return { kind: "inside", inside: { path, keys, elements } };
  }

  #fieldOf(path: string, target: RowTarget): string | undefined {
    switch (target.kind) {
      case "field":
        return target.reader.builder.field.name;
      case "struct":
        return target.parser.struct.name;
      case "meta":
        return META_FIELD_NAME;
      case "extra":
      case "key":
        return this.#hasMeta ? path : undefined;
      default:
        return path;
    }
  }
}

const NO_KEY = new Uint8Array(0);
type Key = Extract<RowTarget, { kind: "key" }>;
const EXTRA: Target = { kind: "extra" };
const KEY: Key = { kind: "key" };
const UNUSED: Target = { kind: "unused" };
