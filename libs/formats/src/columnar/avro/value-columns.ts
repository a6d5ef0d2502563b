import type { AvroNode } from "./avro-node.ts";
import type { BlockCursor } from "./block-cursor.ts";
import { FixedValues, writers } from "./fixed-values.ts";
import { skipperOf } from "./skip-values.ts";
import { type BatchMemory, Offsets, ValueColumn } from "./value-column.ts";
import { VarValues } from "./var-values.ts";

/** Lists, and maps, which are lists of their entries. */
class ListValues extends ValueColumn {
  readonly #items: ValueColumn;
  readonly #itemBytes: number;
  /** Items that lie as columns do. */
  readonly #dense: FixedValues | undefined;
  readonly #offsets = new Offsets();
  #end = 0;

  constructor(node: AvroNode, memory: BatchMemory) {
    super(node, memory);
    const [item] = node.inside;
    this.#items = valueColumn(item, memory);
    this.#itemBytes = fewestBytes(item);
    const isDense = item.nullAt === undefined && (item.is === "float" || item.is === "double");
    this.#dense = isDense ? (this.#items as FixedValues) : undefined;
  }

  protected value(at: BlockCursor): void {
    for (let count: number; (count = at.items(this.#itemBytes)) > 0; this.#end += count) {
      if (this.#dense) this.#dense.readMany(at, count);
      else for (let i = 0; i < count; i++) this.#items.read(at);
    }
    at.made += 4;
    this.#offsets.set(this.count + 1, this.#end, this.memory);
  }

  protected nothing(): void {
    this.#offsets.set(this.count + 1, this.#end, this.memory);
  }

  protected taken() {
    this.#end = 0;
    return { offsets: this.#offsets.first(this.count + 1), children: [this.#items.take()] };
  }
}

/** The fewest bytes of a value, by which a number of them can be told from a claim; values of nothing at all count as one. */
function fewestBytes({ is, nullAt, bytes = 1 }: AvroNode): number {
  if (nullAt !== undefined) return 1;
  if (is === "fixed") return Math.max(1, bytes);
  return is === "float" ? 4 : is === "double" ? 8 : 1;
}

class RecordValues extends ValueColumn {
  readonly #members: readonly ValueColumn[];
  protected override readonly widthOfNone: number;

  constructor(node: AvroNode, memory: BatchMemory) {
    super(node, memory);
    this.#members = node.inside.map((member) => valueColumn(member, memory));
    this.widthOfNone = 8 * this.#members.length;
  }

  protected value(at: BlockCursor): void {
    for (const member of this.#members) member.read(at);
  }

  protected nothing(): void {
    for (const member of this.#members) member.none();
  }

  protected taken() {
    return { children: this.#members.map((member) => member.take()) };
  }
}

/** Values that no column has a form for, or that are null. */
class NoValues extends ValueColumn {
  readonly #skip: (at: BlockCursor) => void;

  constructor(node: AvroNode, memory: BatchMemory) {
    super(node, memory);
    this.#skip = skipperOf(node);
  }

  protected value(at: BlockCursor): void {
    this.#skip(at);
    at.made++;
  }

  override read(at: BlockCursor): void {
    this.#skip(at);
    at.made++;
    this.none();
  }

  protected nothing(): void {}

  protected taken() {
    return {};
  }
}

/** Where the values of a column go. */
export function valueColumn(node: AvroNode, memory: BatchMemory): ValueColumn {
  const { is, field, bytes = 0 } = node;
  if (field.type.kind === "decimal") {
    const length = is === "fixed" ? () => bytes : (at: BlockCursor) => at.size();
    return new FixedValues(node, memory, (at, to, offset) => writers.decimal(at, to, offset, length(at)));
  }
  switch (is) {
    case "boolean":
    case "int":
    case "long":
      return new FixedValues(node, memory, writers[is]);
    case "float":
    case "double":
    case "fixed": {
      const { width } = field.type;
      return new FixedValues(node, memory, (at, to, offset) => writers.bytes(at, to, offset, width));
    }
    case "bytes":
    case "string":
    case "enum":
      return new VarValues(node, memory);
    case "list":
    case "map":
      return new ListValues(node, memory);
    case "record":
      return new RecordValues(node, memory);
  }
  return new NoValues(node, memory);
}
