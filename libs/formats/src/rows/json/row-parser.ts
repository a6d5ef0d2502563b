import { type Column, createBuilder, type FixedBuilder, VarBuilder } from "@sluice/columns";
import { ImportError, locate } from "@sluice/errors";
import { type CollectionSchema, META_FIELD_NAME } from "@sluice/schema";
import type { FieldPlan, Target } from "../../plan/field-plan.ts";
import { missedInRow } from "../../plan/missed-in-row.ts";
import { mixedKeys, nullRefused } from "../../plan/refusals.ts";
import { rowCapacity } from "../row-capacity.ts";
import type { RowSink } from "../row-text.ts";
import { ExtraKeys } from "./extra-keys.ts";
import { kindName, plainKind, type Scanner } from "./scanner.ts";
import { parseStruct, type StructParser } from "./struct-parser.ts";
import { type ValueParser, valueParser } from "./value-parsers.ts";

const EMPTY = new Uint8Array(0);
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST] = [0x7b, 0x7d, 0x5b];

/** Keys of a row, repeated ones counted: each that no field has costs some hundred bytes until the row is done. */
const MAX_ROW_KEYS = 65_536;

/** What a key of a row leads to: the plan's target with what it takes to parse it. */
type RowTarget =
  | {
      readonly kind: "field";
      readonly index: number;
      readonly builder: FixedBuilder | VarBuilder;
      readonly parse: ValueParser;
    }
  | { readonly kind: "struct"; readonly parser: StructParser; readonly indexes: readonly number[] }
  | Exclude<Target, { kind: "field" | "struct" }>;

interface KnownKey {
  /** As in the file, with its quotes. */
  readonly bytes: Uint8Array;
  readonly name: string;
  /** The field that errors name: not always the key. */
  readonly field: string | undefined;
  readonly target: RowTarget;
}

/** Reads rows, one object each, into the columns of a batch. */
export class RowParser implements RowSink {
  readonly #plan: FieldPlan;
  readonly #schema: CollectionSchema;
  readonly #scanner: Scanner;
  readonly #builders: (FixedBuilder | VarBuilder)[];
  readonly #varBuilders: VarBuilder[];
  /** Made once for each target of the plan. */
  readonly #targets = new Map<Target, RowTarget>();
  /** The n-th key of the last row: most files repeat the order, so one comparison usually finds the field. */
  readonly #order: KnownKey[] = [];
  /** Serial of the row that last gave each field. */
  readonly #seen: Uint32Array;
  readonly #extras: ExtraKeys | undefined;
  readonly #batchBytes: number;
  readonly #rowCapacity: number;
  /** Position of an automatic key that rows may give, or -1. */
  readonly #autoKey: number;
  /** Whether they do: what the first row did, all others must do. */
  #givesKey: boolean | undefined;
  #serial = 0;
  #rowCount = 0;
  #seenCount = 0;

  constructor(plan: FieldPlan, scanner: Scanner, batchBytes: number) {
    const { schema } = plan;
    this.#plan = plan;
    this.#schema = schema;
    this.#scanner = scanner;
    this.#batchBytes = batchBytes;
    this.#rowCapacity = rowCapacity(schema, batchBytes);
    this.#builders = schema.fields.map((field) => createBuilder(field, this.#rowCapacity));
    this.#varBuilders = this.#builders.filter((builder) => builder instanceof VarBuilder);
    this.#seen = new Uint32Array(schema.fields.length);
    this.#autoKey = schema.fields.findIndex((field) => field.isPrimaryKey && field.autoId);
    const metaIndex = schema.fields.findIndex((field) => field.isDynamic);
    this.#extras =
      metaIndex < 0 ? undefined : new ExtraKeys(plan.dynamic, scanner, this.#builders[metaIndex] as VarBuilder);
  }

  #rowTarget(target: Target): RowTarget {
    const known = this.#targets.get(target) ?? this.#makeTarget(target);
    this.#targets.set(target, known);
    return known;
  }

  #makeTarget(target: Target): RowTarget {
    if (target.kind === "field") {
      const builder = this.#builders[target.index];
      return { kind: "field", index: target.index, builder, parse: valueParser(this.#schema, builder) };
    }
    if (target.kind !== "struct") return target;
    const members = target.members.map((index) => this.#builders[index] as VarBuilder);
    return { kind: "struct", parser: { struct: target.struct, members }, indexes: target.members };
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Is the batch large enough to be handed over? */
  get isFull(): boolean {
    if (this.#rowCount >= this.#rowCapacity) return true;
    // The fixed-width columns fill at the row capacity.
    let bytes = 0;
    for (const builder of this.#varBuilders) bytes += builder.offsets[this.#rowCount];
    return bytes >= this.#batchBytes;
  }

  /** The columns of the rows so far; they stay valid until the next row is parsed. What a key allocator or a function makes has none. */
  take(): (Column | undefined)[] {
    const rowCount = this.#rowCount;
    this.#rowCount = 0;
    const absent = this.#givesKey ? -1 : this.#autoKey;
    return this.#builders.map((builder, i) =>
      i === absent || builder.field.isFunctionOutput ? undefined : builder.take(rowCount),
    );
  }

  /** Takes the last row back. */
  drop(): void {
    this.#rowCount--;
  }

  /** Reads the object at `p`; answers the position behind it. The row counts only when it is complete. */
  parse(p: number): number {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    if (bytes[p] !== 0x7b) this.#notAnObject(p);
    this.#serial++;
    this.#seenCount = 0;
    this.#extras?.begin(this.#rowCount);
    let at = scanner.blanks(p + 1);
    if (bytes[at] !== 0x7d) at = this.#members(at);
    scanner.field = undefined;
    this.#finish(p);
    return at + 1;
  }

  #notAnObject(p: number): never {
    const scanner = this.#scanner;
    const byte = scanner.bytes[p];
    if (
      byte !== 0x5b &&
      byte !== 0x22 &&
      (byte - 48) >>> 0 > 9 &&
      byte !== 0x74 &&
      byte !== 0x66 &&
      byte !== 0x6e &&
      byte !== 0x2d
    )
      scanner.syntax(p, 'a row, which begins with "{"');
    const reason = `invalid JSON format, each row should be a key-value map, but got type ${kindName(byte)}${plainKind(byte)}`;
    throw new ImportError("malformed_file", reason, scanner.at(p));
  }

  /** Keys and values up to the closing brace, whose position is the answer. */
  #members(p: number): number {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    let at = p;
    for (let position = 0; ; position++) {
      if (position === MAX_ROW_KEYS) scanner.invalid(at, `a row has more than ${MAX_ROW_KEYS} keys`);
      scanner.field = undefined;
      const known = this.#keyAt(at, position);
      scanner.field = known.field;
      const keyEnd = at + known.bytes.length;
      let value = keyEnd;
      if (bytes[value] !== 0x3a) {
        value = scanner.blanks(value);
        if (bytes[value] !== 0x3a) scanner.syntax(value, '":"');
      }
      if (bytes[++value] <= 0x20) value = scanner.blanks(value);
      const valueEnd = this.#value(known, at, keyEnd, value);
      at = valueEnd;
      if (bytes[at] !== 0x2c) {
        at = scanner.blanks(at);
        if (bytes[at] === 0x7d) return at;
        if (bytes[at] !== 0x2c) this.#badSeparator(at, at === valueEnd);
      }
      if (bytes[++at] <= 0x20) at = scanner.blanks(at);
    }
  }

  /** A letter right behind a value, as in `0x1F`, is the value's fault. */
  #badSeparator(p: number, isAtValue: boolean): never {
    const scanner = this.#scanner;
    if (!isAtValue || !/[\w.+-]/.test(String.fromCharCode(scanner.bytes[p]))) scanner.field = undefined;
    return scanner.syntax(p, '"," or "}"');
  }

  /** The key at `p`: first guess, the one that stood at this position in the last row. */
  #keyAt(p: number, position: number): KnownKey {
    const guess = this.#order[position];
    if (guess && startsWith(this.#scanner.bytes, p, guess.bytes)) return guess;
    const known = this.#lookUp(p);
    // A row that needs more data may end in the middle of a key: what was remembered is right all the same.
    this.#order[position] = known;
    return known;
  }

  #lookUp(p: number): KnownKey {
    const scanner = this.#scanner;
    if (scanner.bytes[p] !== 0x22) scanner.syntax(p, "a key in double quotes");
    const end = scanner.string(p);
    const name = scanner.textOf(p, end);
    const target = this.#rowTarget(this.#plan.target(name));
    return { bytes: scanner.bytes.slice(p, end), name, field: this.#fieldOf(name, target), target };
  }

  #fieldOf(name: string, target: RowTarget): string | undefined {
    switch (target.kind) {
      case "field":
        return target.builder.field.name;
      case "struct":
        return target.parser.struct.name;
      case "meta":
        return META_FIELD_NAME;
      case "extra":
        return this.#extras ? name : undefined;
      default:
        return name;
    }
  }

  #value({ target, name }: KnownKey, key: number, keyEnd: number, p: number): number {
    const scanner = this.#scanner;
    switch (target.kind) {
      case "field": {
        this.#mark(target.index);
        if (scanner.bytes[p] === 0x6e) return this.#null(p, target.builder);
        target.builder.setValid(this.#rowCount);
        return target.parse(scanner, p, this.#rowCount);
      }
      case "struct":
        for (const index of target.indexes) this.#mark(index);
        if (scanner.bytes[p] === 0x6e) return this.#nullStruct(p, target);
        return parseStruct(target.parser, scanner, p, this.#rowCount);
      case "meta":
        return (this.#extras as ExtraKeys).meta(p);
      case "inside":
        return this.#inside(target.names, p);
      case "refused":
        throw locate(target.error, scanner.at(key));
      case "unused":
        return scanner.skipValue(p);
      case "extra": {
        const end = scanner.skipValue(p);
        this.#extras?.add(name, key, keyEnd, p, end);
        return end;
      }
    }
  }

  /** An object or list in which some values are a field's; the others are nobody's. Null, or a scalar, gives none. */
  #inside(names: ReadonlyMap<string, Target>, p: number): number {
    const scanner = this.#scanner;
    const open = scanner.bytes[p];
    if (open !== OPEN_OBJECT && open !== OPEN_LIST) return scanner.skipValue(p);
    let at = scanner.blanks(p + 1);
    if (scanner.bytes[at] === open + 2) return at + 1;
    for (let i = 0; ; i++) {
      const key = at;
      if (open === OPEN_OBJECT) at = scanner.keyEnd(at);
      const name = open === OPEN_OBJECT ? scanner.textOf(key, at) : String(i);
      if (open === OPEN_OBJECT) at = scanner.colon(at);
      at = scanner.blanks(this.#valueInside(names.get(name), name, key, at));
      if (scanner.bytes[at] === open + 2) return at + 1;
      if (scanner.bytes[at] !== 0x2c) scanner.syntax(at, open === OPEN_OBJECT ? '"," or "}"' : '"," or "]"');
      at = scanner.blanks(at + 1);
    }
  }

  #valueInside(target: Target | undefined, name: string, key: number, p: number): number {
    if (!target) return this.#scanner.skipValue(p);
    const row = this.#rowTarget(target);
    const outer = this.#scanner.field;
    this.#scanner.field = this.#fieldOf(name, row);
    const known = { bytes: EMPTY, name, field: this.#scanner.field, target: row };
    const end = this.#value(known, key, key, p);
    this.#scanner.field = outer;
    return end;
  }

  #mark(index: number): void {
    if (this.#seen[index] === this.#serial) return;
    this.#seen[index] = this.#serial;
    this.#seenCount++;
  }

  #null(p: number, builder: FixedBuilder | VarBuilder): number {
    const end = this.#scanner.word(p, "null");
    if (!builder.canFill) this.#scanner.invalid(p, nullRefused(builder.field.name));
    builder.fill(this.#rowCount);
    return end;
  }

  #nullStruct(p: number, { parser }: Extract<RowTarget, { kind: "struct" }>): number {
    const end = this.#scanner.word(p, "null");
    if (!parser.struct.nullable) this.#scanner.invalid(p, nullRefused(parser.struct.name));
    for (const member of parser.members) member.fill(this.#rowCount);
    return end;
  }

  /** Fills what the row has not given, and counts it. */
  #finish(p: number): void {
    this.#extras?.finish();
    if (this.#seenCount < this.#builders.length) this.#fillAbsent(p);
    if (this.#autoKey >= 0) this.#checkAutoKey(p);
    this.#rowCount++;
  }

  /** A file in which some rows give the automatic key and others do not is refused: nobody can mean that. */
  #checkAutoKey(p: number): void {
    const isGiven = this.#seen[this.#autoKey] === this.#serial;
    this.#givesKey ??= isGiven;
    if (isGiven === this.#givesKey) return;
    const { name } = this.#schema.fields[this.#autoKey];
    this.#refuseRow(p, name, mixedKeys(name, isGiven ? "in the rows before this one" : "in this row"));
  }

  #refuseRow(p: number, field: string, reason: string): never {
    throw new ImportError("schema_mismatch", reason, { ...this.#scanner.at(p), field });
  }

  #fillAbsent(p: number): void {
    const missing: string[] = [];
    for (let i = 0; i < this.#builders.length; i++) {
      const { field } = this.#builders[i];
      if (this.#seen[i] === this.#serial || field.isDynamic || field.isFunctionOutput || i === this.#autoKey) continue;
      if (this.#builders[i].canFill) this.#builders[i].fill(this.#rowCount);
      else missing.push(this.#schema.structs.find(({ name }) => field.name.startsWith(`${name}[`))?.name ?? field.name);
    }
    if (missing.length > 0)
      this.#refuseRow(p, missing[0], missedInRow(this.#plan, [...new Set(missing)], this.#keys(p)));
  }

  /** Names of the keys of the object at `p`, which has been read to its end. */
  #keys(p: number): string[] {
    const scanner = this.#scanner;
    const names: string[] = [];
    let at = scanner.blanks(p + 1);
    while (scanner.bytes[at] !== CLOSE_OBJECT) {
      const end = scanner.keyEnd(at);
      names.push(scanner.textOf(at, end));
      at = scanner.blanks(scanner.skipValue(scanner.colon(end)));
      if (scanner.bytes[at] === 0x2c) at = scanner.blanks(at + 1);
    }
    return names;
  }
}

function startsWith(bytes: Uint8Array, p: number, key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) if (bytes[p + i] !== key[i]) return false;
  return true;
}
