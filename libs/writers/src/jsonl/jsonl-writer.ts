import { type Column, isNull, type VarColumn } from "@sluice/columns";
import { type CollectionSchema, memberName, type StructSchema } from "@sluice/schema";
import { ByteWriter } from "../byte-writer.ts";
import type { FileForm, FileWriter, TakeMemory, WrittenFile } from "../file-writer.ts";
import { jsonCells, memberTexts, type WriteCell, writeList } from "./json-cells.ts";

/** JSON Lines, an object a row: numbers exact, vectors as lists, dynamic keys under `$meta`. */
export const jsonlForm: FileForm = {
  name: "jsonl",
  refusal: () => undefined,
  batchBytes: 1 << 20,
  copiesColumns: true,
  open: (schema, take) => new JsonlWriter(schema, take),
};

class JsonlWriter implements FileWriter {
  readonly #schema: CollectionSchema;
  readonly #take: TakeMemory;
  /** Of one batch. */
  readonly #out = new ByteWriter(1 << 20);
  readonly #pieces: Uint8Array[] = [];
  sizeBytes = 0;
  rowCount = 0;

  constructor(schema: CollectionSchema, take: TakeMemory) {
    this.#schema = schema;
    this.#take = take;
  }

  append(columns: readonly Column[], rowCount: number): void {
    const members = membersOf(this.#schema, columns, rowCount);
    for (let row = 0; row < rowCount; row++) {
      for (const { head, write } of members) {
        this.#out.bytes(head);
        write(row, this.#out);
      }
      this.#out.ascii("}\n");
    }
    this.rowCount += rowCount;
    this.#keep(this.#out.written);
    this.#out.clear();
  }

  #keep(text: Uint8Array): void {
    const piece = this.#take(text.length);
    piece.set(text);
    this.#pieces.push(piece);
    this.sizeBytes += text.length;
  }

  finish(): WrittenFile[] {
    return [{ suffix: ".jsonl", pieces: this.#pieces }];
  }
}

/** A member of every row's object. */
interface Member {
  /** What stands in front of the value: `,"name":`, of the first one with the brace. */
  readonly head: Uint8Array;
  readonly write: WriteCell;
}

function membersOf(schema: CollectionSchema, columns: readonly Column[], rowCount: number): Member[] {
  const structs = schema.structs.map(({ name }) => `${name}[`);
  const plain = schema.fields.flatMap((field, i) =>
    structs.some((start) => field.name.startsWith(start))
      ? []
      : [{ name: field.name, write: jsonCells(field, columns[i], rowCount) }],
  );
  const nested = schema.structs.map((struct) => ({
    name: struct.name,
    write: structCells(schema, struct, columns as readonly VarColumn[]),
  }));
  return [...plain, ...nested].map(({ name, write }, i) => ({
    head: Buffer.from(`${i === 0 ? "{" : ","}${JSON.stringify(name)}:`),
    write,
  }));
}

/** A struct array: a list of objects, of the lists that its members are. */
function structCells(schema: CollectionSchema, struct: StructSchema, columns: readonly VarColumn[]): WriteCell {
  const indexes = schema.fields.flatMap(({ name }, i) => (name.startsWith(`${struct.name}[`) ? [i] : []));
  const names = indexes.map((i) => JSON.stringify(memberName(schema.fields[i].name)));
  return (row, out) => {
    if (isNull(columns[indexes[0]], row)) return out.ascii("null");
    const lists = indexes.map((i) => memberTexts(schema.fields[i], columns[i], row));
    const objects = lists[0].map((_, n) => `{${names.map((name, m) => `${name}:${lists[m][n]}`).join(",")}}`);
    writeList(out, objects);
  };
}
