import { emptyDefinition, type LeafReader, type ListNode, leafType, listNode, type SchemaNode } from "@sluice/parquet";
import type { TextOut } from "../../../../text-out.ts";
import { jsonLeaf } from "../json-values.ts";
import type { JsonWriter, ValueWriter } from "../json-writers.ts";
import { LeafCursor } from "../leaf-cursor.ts";
import type { NestedRows } from "../nested-rows.ts";
import { VariantNames } from "./variant-bytes.ts";
import { writeVariant, writeVariantMembers } from "./variant-text.ts";

// A VARIANT is a group of bytes, `metadata` and `value`; of a shredded one, parts of the value stand in columns of their own
// under `typed_value`, and what does not fit there in `value`. Source: parquet-format, VariantShredding.md.

type Open = (node: SchemaNode) => LeafReader;

/** What a place in a variant is shredded into. */
interface Shredded {
  readonly cursors: readonly LeafCursor[];
  /** Writes what is there; false: the place has nothing. @param names of the row's variant */
  write(names: VariantNames, out: TextOut): boolean;
}

/** A typed column, or group of such, below a place. */
interface Typed {
  readonly cursors: readonly LeafCursor[];
  readonly isThere: boolean;
  /** @param rest bytes of members that have no column of their own */
  write(names: VariantNames, out: TextOut, rest: Uint8Array | undefined): void;
  skip(): void;
}

/** The group of a VARIANT, annotated as such, or of the two columns that it has at least, as Spark 4.0 wrote it. */
export function isVariant(node: SchemaNode): boolean {
  const { element, children } = node;
  if (element.repetition === "REPEATED" || !children.some(({ name }) => name === "metadata")) return false;
  if (element.logical?.type === "VARIANT") return children.every(isPart);
  return children.length === 2 && children.every((child) => isPart(child) && child.name !== "typed_value");
}

function isPart(node: SchemaNode): boolean {
  if (node.name === "typed_value") return true;
  return (node.name === "metadata" || node.name === "value") && node.leaf >= 0 && leafType(node).kind === "bytes";
}

/** @param node a group that `isVariant` */
export function variantWriter(node: SchemaNode, open: Open): JsonWriter {
  return new VariantWriter(node, open);
}

class VariantWriter implements JsonWriter {
  readonly cursors: readonly LeafCursor[];
  readonly #definition: number;
  readonly #repetition: number;
  readonly #metadata: LeafCursor;
  readonly #place: Shredded;

  constructor(node: SchemaNode, open: Open) {
    const metadata = node.children.find(({ name }) => name === "metadata") as SchemaNode;
    this.#definition = node.definition;
    this.#repetition = node.repetition + 1;
    this.#metadata = new LeafCursor(open(metadata));
    this.#place = new Place(node, open);
    this.cursors = [this.#metadata, ...this.#place.cursors];
  }

  write(out: TextOut): void {
    if (this.#metadata.definition < this.#definition) {
      for (const cursor of this.cursors) cursor.skipAbsent(this.#repetition);
      out.ascii("null");
      return;
    }
    const names = new VariantNames(bytesAt(this.#metadata.rows, this.#metadata.take()));
    if (!this.#place.write(names, out)) out.ascii("null");
  }
}

/** `value` and `typed_value` of a group. */
class Place implements Shredded {
  readonly cursors: readonly LeafCursor[];
  readonly #value: LeafCursor | undefined;
  readonly #typed: Typed | undefined;

  constructor(group: SchemaNode, open: Open) {
    const value = group.children.find(({ name }) => name === "value");
    const typed = group.children.find(({ name }) => name === "typed_value");
    this.#value = value && new LeafCursor(open(value));
    this.#typed = typed && openTyped(typed, open);
    this.cursors = [...(this.#value ? [this.#value] : []), ...(this.#typed?.cursors ?? [])];
  }

  write(names: VariantNames, out: TextOut): boolean {
    const index = this.#value?.take() ?? -1;
    const value = index < 0 ? undefined : bytesAt((this.#value as LeafCursor).rows, index);
    if (this.#typed?.isThere) {
      this.#typed.write(names, out, value);
      return true;
    }
    this.#typed?.skip();
    if (value) writeVariant(names, value, out);
    return value !== undefined;
  }
}

function bytesAt({ texts }: NestedRows, index: number): Uint8Array {
  if (index < 0) throw new RangeError("a variant has no metadata");
  return texts.data.subarray(texts.offsets[index], texts.offsets[index + 1]);
}

function openTyped(node: SchemaNode, open: Open): Typed {
  if (node.leaf >= 0) return new TypedLeaf(node, open);
  const list = listNode(node);
  return list ? new TypedList(node, list, open) : new TypedObject(node, open);
}

class TypedLeaf implements Typed {
  readonly cursors: readonly LeafCursor[];
  readonly #cursor: LeafCursor;
  readonly #definition: number;
  readonly #write: ValueWriter;

  constructor(node: SchemaNode, open: Open) {
    this.#cursor = new LeafCursor(open(node));
    this.cursors = [this.#cursor];
    this.#definition = node.definition;
    this.#write = (jsonLeaf(leafType(node))?.writer ?? base64)(this.#cursor.rows);
  }

  get isThere(): boolean {
    return this.#cursor.definition === this.#definition;
  }

  write(_names: VariantNames, out: TextOut): void {
    this.#write(this.#cursor.take(), out);
  }

  skip(): void {
    this.#cursor.take();
  }
}

function base64(rows: NestedRows): ValueWriter {
  return (index, out) => out.ascii(`"${Buffer.from(bytesAt(rows, index)).toString("base64")}"`);
}

abstract class TypedGroup implements Typed {
  readonly cursors: readonly LeafCursor[];
  protected readonly first: LeafCursor;
  readonly #definition: number;
  readonly #repetition: number;

  constructor(node: SchemaNode, places: readonly Shredded[]) {
    this.cursors = places.flatMap(({ cursors }) => cursors);
    this.first = this.cursors[0];
    this.#definition = node.definition;
    this.#repetition = node.repetition + 1;
  }

  get isThere(): boolean {
    return this.first.definition >= this.#definition;
  }

  skip(): void {
    for (const cursor of this.cursors) cursor.skipAbsent(this.#repetition);
  }

  abstract write(names: VariantNames, out: TextOut, rest: Uint8Array | undefined): void;
}

class TypedObject extends TypedGroup {
  readonly #members: readonly { readonly key: Uint8Array; readonly place: Shredded }[];

  constructor(node: SchemaNode, open: Open) {
    const members = node.children.map((child) => ({
      key: Buffer.from(`${JSON.stringify(child.name)}:`),
      place: new Place(child, open),
    }));
    super(
      node,
      members.map(({ place }) => place),
    );
    this.#members = members;
  }

  write(names: VariantNames, out: TextOut, rest: Uint8Array | undefined): void {
    out.ascii("{");
    let isFirst = true;
    for (const { key, place } of this.#members) {
      const { length } = out;
      if (!isFirst) out.ascii(",");
      out.copy(key, 0, key.length);
      if (place.write(names, out)) isFirst = false;
      else out.length = length;
    }
    if (rest) writeVariantMembers(names, rest, isFirst, out);
    out.ascii("}");
  }
}

class TypedList extends TypedGroup {
  readonly #element: Shredded;
  readonly #empty: number;
  readonly #repetition: number;

  constructor(node: SchemaNode, list: ListNode, open: Open) {
    const element = new Place(list.element, open);
    super(node, [element]);
    this.#element = element;
    this.#empty = emptyDefinition(list);
    this.#repetition = list.repeated.repetition;
  }

  write(names: VariantNames, out: TextOut): void {
    out.ascii("[");
    if (this.first.definition <= this.#empty) this.skip();
    else
      for (let count = 0; count === 0 || this.first.goesOn(this.#repetition); count++) {
        if (count > 0) out.ascii(",");
        if (!this.#element.write(names, out)) out.ascii("null");
      }
    out.ascii("]");
  }
}
