import { type Column, createBuilder, type FixedBuilder, VarBuilder } from "@sluice/columns";
import { locate } from "@sluice/errors";
import type { BatchOptions } from "../../format.ts";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { absentWarning, leftOverWarning } from "../../plan/left-over.ts";
import { nullRefused } from "../../plan/refusals.ts";
import { rowCapacity } from "../row-capacity.ts";
import type { RowSink } from "../row-text.ts";
import { ExtendedJson } from "./extended-json.ts";
import { ExtraKeys } from "./extra-keys.ts";
import { GivenFields } from "./given-fields.ts";
import { InsideValues } from "./inside-values.ts";
import type { DocumentShape } from "./json-shape.ts";
import type { KnownKey, ObjectKeys, TakenTarget } from "./object-keys.ts";
import { readField } from "./read-field.ts";
import { badSeparator, listAsObject, notAnObject, wrongLength } from "./row-faults.ts";
import { RowTargets } from "./row-targets.ts";
import type { Scanner } from "./scanner.ts";
import { parseStruct } from "./struct-parser.ts";

const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const [COMMA, COLON] = [0x2c, 0x3a];

/** Keys of a row, repeated ones counted: each that no field has costs some hundred bytes until the row is done. */
const MAX_ROW_KEYS = 65_536;

/** Reads rows, one object each, into the columns of a batch. */
export class RowParser implements RowSink {
  readonly #plan: FieldPlan;
  readonly #scanner: Scanner;
  readonly #builders: (FixedBuilder | VarBuilder)[];
  readonly #varBuilders: VarBuilder[];
  readonly #targets: RowTargets;
  readonly #keys: ObjectKeys;
  /** What the values of rows that are lists lead to, in their order. */
  readonly #cells: readonly KnownKey[] | undefined;
  readonly #given: GivenFields;
  readonly #extras: ExtraKeys | undefined;
  readonly #insides: InsideValues;
  readonly #extended: ExtendedJson | undefined;
  readonly #batchBytes: number;
  readonly #rowCapacity: number;
  #rowCount = 0;

  /** @param shape of rows that have names elsewhere, or labels */
  constructor(
    plan: FieldPlan,
    scanner: Scanner,
    { batchBytes, memory }: Pick<BatchOptions, "batchBytes" | "memory">,
    { names, labels }: Pick<DocumentShape, "names" | "labels"> = {},
  ) {
    const { schema } = plan;
    this.#plan = plan;
    this.#scanner = scanner;
    this.#batchBytes = batchBytes;
    this.#rowCapacity = rowCapacity(schema, batchBytes);
    this.#builders = schema.fields.map((field) => createBuilder(field, this.#rowCapacity, memory));
    this.#varBuilders = this.#builders.filter((builder) => builder instanceof VarBuilder);
    this.#targets = new RowTargets(plan, scanner, this.#builders, labels);
    this.#keys = this.#targets.rowKeys();
    this.#cells = names && this.#targets.cells(names);
    this.#given = new GivenFields(plan, scanner, this.#builders, names);
    const metaIndex = schema.fields.findIndex((field) => field.isDynamic);
    this.#extras =
      metaIndex < 0 ? undefined : new ExtraKeys(plan.dynamic, scanner, this.#builders[metaIndex] as VarBuilder);
    const take = (target: TakenTarget, path: string, key: number, p: number) => this.#taken(target, path, key, p);
    this.#insides = new InsideValues(scanner, this.#targets, this.#extras, take);
    this.#extended = plan.options.extendedJson ? new ExtendedJson() : undefined;
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
    return this.#builders.map((builder, i) => (this.#given.has(i) ? builder.take(rowCount) : undefined));
  }

  /** Takes the last row back. */
  drop(): void {
    this.#rowCount--;
  }

  /** Of all rows so far: keys that were left out, and fields that no row gave. */
  warnings(): string[] {
    const given = this.#given.everGiven;
    if (!given) return [];
    const leftOut = leftOverWarning(this.#plan, [...this.#targets.leftOut], "key");
    const absent = absentWarning(this.#plan, given, "key");
    return [leftOut, absent, this.#targets.coercions.warning].filter((text) => text !== undefined);
  }

  /** Reads the row at `p`; answers the position behind it. The row counts only when it is complete. */
  parse(p: number): number {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    this.#extended?.unwrap(bytes, p, scanner.end);
    if (this.#cells && bytes[p] === OPEN_LIST) return this.#parseList(p, this.#cells);
    if (bytes[p] !== OPEN_OBJECT) notAnObject(scanner, p);
    this.#given.begin();
    this.#extras?.begin(this.#rowCount);
    let at = scanner.blanks(p + 1);
    if (bytes[at] !== CLOSE_OBJECT) at = this.#members(at);
    scanner.field = undefined;
    this.#finish(p);
    return at + 1;
  }

  /** A row whose values have their names elsewhere. */
  #parseList(p: number, cells: readonly KnownKey[]): number {
    const scanner = this.#scanner;
    this.#given.begin();
    this.#extras?.begin(this.#rowCount);
    let at = scanner.blanks(p + 1);
    for (let i = 0; i < cells.length; i++) {
      if (scanner.bytes[at] === CLOSE_LIST) wrongLength(scanner, p, cells);
      scanner.field = cells[i].field;
      at = scanner.blanks(this.#cell(cells[i], at));
      scanner.field = undefined;
      if (i === cells.length - 1) break;
      if (scanner.bytes[at] === COMMA) at = scanner.blanks(at + 1);
      else if (scanner.bytes[at] !== CLOSE_LIST) scanner.syntax(at, '"," or "]"');
    }
    if (scanner.bytes[at] === COMMA) wrongLength(scanner, p, cells);
    if (scanner.bytes[at] !== CLOSE_LIST) scanner.syntax(at, '"," or "]"');
    this.#finish(p);
    return at + 1;
  }

  /** A list as the object that it stands for, since what is put aside has no list of names beside it; what was unwrapped as it was. */
  textOf(start: number): Uint8Array | undefined {
    const scanner = this.#scanner;
    if (!this.#cells || scanner.bytes[start] !== OPEN_LIST) return this.#extended?.originalAt(start);
    return listAsObject(scanner, start, this.#cells);
  }

  #cell(cell: KnownKey, p: number): number {
    if (cell.target.kind !== "extra") return this.#value(cell, p, p);
    const end = this.#scanner.skipValue(p);
    this.#extras?.addKeyless(cell, p, end);
    return end;
  }

  /** Keys and values up to the closing brace, whose position is the answer. */
  #members(p: number): number {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    let at = p;
    for (let position = 0; ; position++) {
      if (position === MAX_ROW_KEYS) scanner.invalid(at, `a row has more than ${MAX_ROW_KEYS} keys`);
      scanner.field = undefined;
      const known = this.#keys.at(at, position);
      scanner.field = known.field;
      const valueEnd = this.#value(known, at, this.#valueAt(at + known.bytes.length));
      at = valueEnd;
      if (bytes[at] !== COMMA) {
        at = scanner.blanks(at);
        if (bytes[at] === CLOSE_OBJECT) return at;
        if (bytes[at] !== COMMA) badSeparator(scanner, at, at === valueEnd);
      }
      if (bytes[++at] <= 0x20) at = scanner.blanks(at);
    }
  }

  /** From behind a key to its value. */
  #valueAt(keyEnd: number): number {
    const scanner = this.#scanner;
    const { bytes } = scanner;
    let at = keyEnd;
    if (bytes[at] !== COLON) {
      at = scanner.blanks(at);
      if (bytes[at] !== COLON) scanner.syntax(at, '":"');
    }
    return bytes[++at] <= 0x20 ? scanner.blanks(at) : at;
  }

  #value(known: KnownKey, key: number, p: number): number {
    const { target } = known;
    if (target.kind === "extra" || target.kind === "key") {
      const end = this.#scanner.skipValue(p);
      this.#extras?.add(known, key, p, end);
      return end;
    }
    if (target.kind !== "inside") return this.#taken(target, known.path, key, p);
    const start = this.#extras?.rest.length ?? 0;
    const end = this.#insides.read(target.inside, p);
    if (this.#extras && this.#extras.rest.length > start) this.#extras.addRest(known, key, start);
    return end;
  }

  /** A value that somebody asks for. */
  #taken(target: TakenTarget, path: string, key: number, p: number): number {
    const scanner = this.#scanner;
    switch (target.kind) {
      case "field":
        this.#given.mark(target.index, path, p);
        return readField(target.reader, scanner, p, this.#rowCount);
      case "struct":
        for (const index of target.indexes) this.#given.mark(index, path, p);
        if (scanner.bytes[p] === 0x6e) return this.#nullStruct(p, target);
        return parseStruct(target.parser, scanner, p, this.#rowCount);
      case "meta":
        return (this.#extras as ExtraKeys).meta(path, p);
      case "refused":
        throw locate(target.error, scanner.at(key));
      case "unused":
        return scanner.skipValue(p);
    }
  }

  #nullStruct(p: number, { parser }: Extract<TakenTarget, { kind: "struct" }>): number {
    const end = this.#scanner.word(p, "null");
    if (!parser.struct.nullable)
      this.#scanner.invalid(p, nullRefused(parser.struct.name, this.#plan.options.isGiven ? "row" : "file"));
    for (const member of parser.members) member.fill(this.#rowCount);
    return end;
  }

  /** Fills what the row has not given, and counts it. */
  #finish(p: number): void {
    this.#extras?.finish();
    this.#given.finish(p, this.#rowCount);
    this.#rowCount++;
  }
}
