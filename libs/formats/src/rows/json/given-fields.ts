import type { FixedBuilder, VarBuilder } from "@sluice/columns";
import { excerpt, ImportError } from "@sluice/errors";
import type { FieldPlan } from "../../plan/field-plan.ts";
import { missedInRow } from "../../plan/missed-in-row.ts";
import { mixedKeys, mixedOutputs } from "../../plan/refusals.ts";
import type { Scanner } from "./scanner.ts";

const [CLOSE_OBJECT, COMMA] = [0x7d, 0x2c];

/** Which fields rows have given: fills what a row has left out, or refuses the row. */
export class GivenFields {
  readonly #plan: FieldPlan;
  readonly #scanner: Scanner;
  readonly #builders: readonly (FixedBuilder | VarBuilder)[];
  /** Serial of the row that last gave each field; 0: none. */
  readonly #seen: Uint32Array;
  /** By which path it did. */
  readonly #paths: string[] = [];
  /** Position of an automatic key that rows may give, or -1. */
  readonly #autoKey: number;
  /** Whether they do: what the first row did, all others must do. */
  #givesKey: boolean | undefined;
  /** Outputs of functions that rows may give, and whether they do, as of the key. */
  readonly #outputs: readonly number[];
  readonly #givesOutput = new Map<number, boolean>();
  readonly #names: readonly string[] | undefined;
  #serial = 0;
  #count = 0;

  /** @param names of the values of rows that are lists */
  constructor(
    plan: FieldPlan,
    scanner: Scanner,
    builders: readonly (FixedBuilder | VarBuilder)[],
    names: readonly string[] | undefined,
  ) {
    this.#names = names;
    this.#plan = plan;
    this.#scanner = scanner;
    this.#builders = builders;
    this.#seen = new Uint32Array(builders.length);
    this.#autoKey = plan.schema.fields.findIndex((field) => field.isPrimaryKey && field.autoId);
    this.#outputs = plan.schema.fields.flatMap(({ mayBeGiven }, i) => (mayBeGiven ? [i] : []));
  }

  /** Whether rows have values of a field, which functions and allocators of keys give else. */
  has(index: number): boolean {
    if (this.#builders[index].field.isFunctionOutput) return this.#givesOutput.get(index) === true;
    return this.#givesKey === true || index !== this.#autoKey;
  }

  /** For each field, whether some row gave it, as warnings ask; undefined before the first row. */
  get everGiven(): readonly (true | undefined)[] | undefined {
    return this.#serial === 0 ? undefined : Array.from(this.#seen, (serial) => (serial > 0 ? true : undefined));
  }

  /** Another row begins, which has given nothing yet. */
  begin(): void {
    this.#serial++;
    this.#count = 0;
  }

  /** A field is given, by the value at `p`. Of a key that stands twice the last counts; two keys contradict each other. */
  mark(index: number, path: string, p: number): void {
    if (this.#seen[index] !== this.#serial) this.#count++;
    else if (this.#paths[index] !== path) this.#givenTwice(index, path, p);
    this.#seen[index] = this.#serial;
    this.#paths[index] = path;
  }

  #givenTwice(index: number, path: string, p: number): never {
    const field = this.#shownName(this.#builders[index].field.name);
    const places = `as '${excerpt(this.#paths[index])}' and as '${excerpt(path)}'`;
    return this.#scanner.invalid(
      p,
      `the row gives field '${field}' twice, ${places}: say in fields_mapping which one is meant`,
    );
  }

  /** Fills what the object or list at `p`, which has been read to its end, has not given. @param row in the batch @throws {ImportError} */
  finish(p: number, row: number): void {
    if (this.#count < this.#builders.length) this.#fillAbsent(p, row);
    if (this.#autoKey >= 0) this.#checkAutoKey(p);
    for (const index of this.#outputs) this.#checkOutput(index, p);
  }

  /** Of one column nothing can be computed for some rows alone. */
  #checkOutput(index: number, p: number): void {
    const isGiven = this.#seen[index] === this.#serial;
    const before = this.#givesOutput.get(index) ?? isGiven;
    this.#givesOutput.set(index, before);
    if (isGiven === before) return;
    const { name } = this.#builders[index].field;
    this.#refuse(p, name, mixedOutputs(name, isGiven ? "in the rows before this one" : "in this row"));
  }

  #fillAbsent(p: number, row: number): void {
    const missing: string[] = [];
    for (let i = 0; i < this.#builders.length; i++) {
      const { field } = this.#builders[i];
      if (this.#seen[i] === this.#serial || field.isDynamic || field.isFunctionOutput || i === this.#autoKey) continue;
      if (this.#builders[i].canFill) this.#builders[i].fill(row);
      else missing.push(this.#shownName(field.name));
    }
    if (missing.length === 0) return;
    this.#refuse(p, missing[0], missedInRow(this.#plan, [...new Set(missing)], this.#names ?? this.#keysOf(p)));
  }

  /** That of its struct array, for a member. */
  #shownName(field: string): string {
    return this.#plan.schema.structs.find(({ name }) => field.startsWith(`${name}[`))?.name ?? field;
  }

  /** A file in which some rows give the automatic key and others do not is refused: nobody can mean that. */
  #checkAutoKey(p: number): void {
    const isGiven = this.#seen[this.#autoKey] === this.#serial;
    this.#givesKey ??= isGiven;
    if (isGiven === this.#givesKey) return;
    const { name } = this.#builders[this.#autoKey].field;
    this.#refuse(p, name, mixedKeys(name, isGiven ? "in the rows before this one" : "in this row"));
  }

  #refuse(p: number, field: string, reason: string): never {
    throw new ImportError("schema_mismatch", reason, { ...this.#scanner.at(p), field });
  }

  /** Names of the keys of the object at `p`. */
  #keysOf(p: number): string[] {
    const scanner = this.#scanner;
    const names: string[] = [];
    let at = scanner.blanks(p + 1);
    while (scanner.bytes[at] !== CLOSE_OBJECT) {
      const end = scanner.keyEnd(at);
      names.push(scanner.textOf(at, end));
      at = scanner.blanks(scanner.skipValue(scanner.colon(end)));
      if (scanner.bytes[at] === COMMA) at = scanner.blanks(at + 1);
    }
    return names;
  }
}
