import type { Column } from "@sluice/columns";
import { ImportError } from "@sluice/errors";
import type { LeafReader, ListNode, RowGroupInfo } from "@sluice/parquet";
import type { StructSchema } from "@sluice/schema";
import type { ColumnReader } from "./column-reader.ts";
import { MemberCells, REFUSED, type StructMember } from "./member-cells.ts";
import type { ReadContext } from "./read-context.ts";

const STEP_ROWS = 256;
const STEP_ENTRIES = 1 << 16;

/** A struct array: list of structs, each member of which is a column of its own. The lists of a row are equally long. */
export class StructColumn implements ColumnReader {
  readonly fields: readonly number[];
  readonly leaves: readonly LeafReader[];
  readonly mayStop = true;
  readonly #struct: StructSchema;
  readonly #list: ListNode;
  readonly #members: readonly MemberCells[];
  /** The member with the longest lists first: it says how many rows are read at a time. */
  readonly #order: readonly MemberCells[];
  /** Row of the file that is read next. */
  #row = 0;

  constructor(struct: StructSchema, list: ListNode, members: readonly StructMember[], context: ReadContext) {
    this.fields = members.map(({ position }) => position);
    this.leaves = members.map(({ leaf }) => leaf);
    this.#struct = struct;
    this.#list = list;
    this.#members = members.map((member) => new MemberCells(member, list, context));
    this.#order = this.#members.toSorted((a, b) => b.entriesPerElement - a.entriesPerElement);
  }

  begin(group: RowGroupInfo): void {
    this.#row = group.firstRow;
    for (const { rows } of this.#members) rows.begin();
  }

  async fill(rows: number, softBytes: number): Promise<number> {
    for (const { output } of this.#members) output.begin(softBytes);
    const isFull = () => this.#members.some(({ output }) => output.cells.isFull);
    const [{ output }] = this.#members;
    while (output.rows < rows && !isFull()) await this.#append(Math.min(rows - output.rows, STEP_ROWS));
    return Math.min(rows, output.rows);
  }

  take(rows: number): readonly Column[] {
    return this.#members.map(({ output }) => output.take(rows));
  }

  async finish(): Promise<void> {
    for (const { rows } of this.#members) await rows.checkEnd();
  }

  async #append(step: number): Promise<void> {
    const [first, ...others] = this.#order;
    const count = await first.rows.read(step, STEP_ENTRIES, this.#row);
    const expected = first.append(this.#row, count, this.#list, this.#struct);
    for (const member of others) {
      let done = 0;
      while (done < count) {
        const got = await member.rows.read(count - done, STEP_ENTRIES, this.#row + done);
        const lengths = member.append(this.#row + done, got, this.#list, this.#struct);
        for (let i = 0; i < got; i++)
          if (isUnequal(lengths[i], expected[done + i])) throw this.#unequal(member, this.#row + done + i);
        done += got;
      }
    }
    this.#row += count;
  }

  #unequal(member: MemberCells, row: number): Error {
    const reason = `the lists of struct array '${this.#struct.name}' differ in length, at '${member.output.rules.field.name}'`;
    return new ImportError("malformed_file", reason, { ...member.rows.leaf.at, row, field: this.#struct.name });
  }
}

function isUnequal(length: number, expected: number): boolean {
  return length !== expected && length !== REFUSED && expected !== REFUSED;
}
