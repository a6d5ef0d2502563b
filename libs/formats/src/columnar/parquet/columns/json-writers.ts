import { Damage, emptyDefinition, type ListNode, type SchemaNode } from "@sluice/parquet";
import type { TextOut } from "../../../text-out.ts";
import type { LeafCursor } from "./leaf-cursor.ts";

/** Writes the next value of a part of the schema as JSON. The group around it is there. */
export interface JsonWriter {
  /** The leaves below it, one at least; the first tells where lists end. */
  readonly cursors: readonly LeafCursor[];
  /** @throws {RangeError} for what JSON does not have @throws {Damage} */
  write(out: TextOut): void;
}

const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST, COMMA, COLON] = Buffer.from("{}[],:");

/** The levels of a row may claim an element for each entry, and a list in each. */
abstract class GroupWriter implements JsonWriter {
  readonly cursors: readonly LeafCursor[];
  protected readonly first: LeafCursor;

  constructor(parts: readonly JsonWriter[]) {
    this.cursors = parts.flatMap(({ cursors }) => cursors);
    this.first = this.cursors[0];
  }

  abstract write(out: TextOut): void;

  /** @param repetition level of entries that belong to the absent one */
  protected skip(repetition: number): void {
    for (const cursor of this.cursors) cursor.skipAbsent(repetition);
  }
}

/** A group as an object with all its members, or null. */
export class StructWriter extends GroupWriter {
  readonly #definition: number;
  readonly #repetition: number;
  readonly #members: readonly JsonWriter[];
  readonly #keys: readonly Uint8Array[];

  /** @param node the group; the root of the file for columns as members of one object */
  constructor(node: SchemaNode, names: readonly string[], members: readonly JsonWriter[]) {
    super(members);
    this.#definition = node.definition;
    this.#repetition = node.repetition + 1;
    this.#members = members;
    this.#keys = names.map((name) => Buffer.from(`${JSON.stringify(name)}:`));
  }

  write(out: TextOut): void {
    if (this.first.definition < this.#definition) {
      this.skip(this.#repetition);
      out.ascii("null");
      return;
    }
    out.byte(OPEN_OBJECT);
    for (const [i, member] of this.#members.entries()) {
      if (i > 0) out.byte(COMMA);
      out.copy(this.#keys[i], 0, this.#keys[i].length);
      member.write(out);
    }
    out.byte(CLOSE_OBJECT);
  }
}

abstract class RepeatedWriter extends GroupWriter {
  readonly #empty: number;
  readonly #repetition: number;
  readonly #open: number;
  readonly #close: number;

  constructor(list: ListNode, parts: readonly JsonWriter[], [open, close]: readonly [number, number]) {
    super(parts);
    this.#empty = emptyDefinition(list);
    this.#repetition = list.repeated.repetition;
    this.#open = open;
    this.#close = close;
  }

  write(out: TextOut): void {
    const { definition } = this.first;
    if (definition < this.#empty) out.ascii("null");
    else out.byte(this.#open);
    if (definition <= this.#empty) this.skip(this.#repetition);
    else this.#elements(out);
    if (definition >= this.#empty) out.byte(this.#close);
  }

  #elements(out: TextOut): void {
    for (let count = 0; count === 0 || this.first.goesOn(this.#repetition); count++) {
      if (count > 0) out.byte(COMMA);
      this.element(out);
    }
  }

  protected abstract element(out: TextOut): void;
}

/** A list as an array, or null. */
export class ListWriter extends RepeatedWriter {
  readonly #element: JsonWriter;

  constructor(list: ListNode, element: JsonWriter) {
    super(list, [element], [OPEN_LIST, CLOSE_LIST]);
    this.#element = element;
  }

  protected element(out: TextOut): void {
    this.#element.write(out);
  }
}

/** A map, or a list of pairs that is one: an object. */
export class MapWriter extends RepeatedWriter {
  readonly #key: KeyWriter;
  readonly #value: JsonWriter;

  constructor(list: ListNode, key: KeyWriter, value: JsonWriter) {
    super(list, [key, value], [OPEN_OBJECT, CLOSE_OBJECT]);
    this.#key = key;
    this.#value = value;
  }

  protected element(out: TextOut): void {
    this.#key.write(out);
    out.byte(COLON);
    this.#value.write(out);
  }
}

/** Writes one value that is there. */
export type ValueWriter = (index: number, out: TextOut) => void;

/** A single value, or null. */
export class LeafWriterAt implements JsonWriter {
  readonly cursors: readonly LeafCursor[];
  readonly #cursor: LeafCursor;
  readonly #value: ValueWriter;

  constructor(cursor: LeafCursor, value: ValueWriter) {
    this.cursors = [cursor];
    this.#cursor = cursor;
    this.#value = value;
  }

  write(out: TextOut): void {
    const index = this.#cursor.take();
    if (index < 0) out.ascii("null");
    else this.#value(index, out);
  }
}

/** A key of an object, which is always a string there. */
export class KeyWriter implements JsonWriter {
  readonly cursors: readonly LeafCursor[];
  readonly #cursor: LeafCursor;
  readonly #value: ValueWriter;
  readonly #isQuoted: boolean;

  /** @param isQuoted the value is written with quotes */
  constructor(cursor: LeafCursor, value: ValueWriter, isQuoted: boolean) {
    this.cursors = [cursor];
    this.#cursor = cursor;
    this.#value = value;
    this.#isQuoted = isQuoted;
  }

  write(out: TextOut): void {
    const index = this.#cursor.take();
    if (index < 0) throw new RangeError("a key of a map is null");
    if (!this.#isQuoted) out.ascii('"');
    this.#value(index, out);
    if (!this.#isQuoted) out.ascii('"');
  }
}

/** @throws {Damage} unless a row has been written whole */
export function checkWritten({ cursors }: JsonWriter): void {
  if (cursors.some(({ isAtEnd }) => !isAtEnd)) throw new Damage("the leaves of a column differ in what they hold");
}
