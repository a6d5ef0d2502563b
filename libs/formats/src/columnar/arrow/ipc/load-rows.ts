import { viewsOf } from "../../../numbers/number-kind.ts";
import { type ArrowField, bufferCounts } from "./arrow-type.ts";
import type { ArrowValues } from "./arrow-values.ts";
import type { BatchBody, ReadMemory } from "./batch-body.ts";
import { damaged } from "./damage.ts";
import type { Dictionaries } from "./dictionaries.ts";
import { lookUp } from "./look-up.ts";
import type { BatchInfo } from "./read-message.ts";
import { partsOfViews, type TextPart, textOfViews, VIEW_BYTES } from "./text-views.ts";

/** Where the nodes and buffers of a column begin. */
interface Place {
  readonly node: number;
  readonly buffer: number;
  readonly variadic: number;
}

const NOTHING = new Uint8Array(0);
const NO_OFFSETS = new Uint32Array(1);

/** The values of one batch, by rows and columns. */
export class RowLoader {
  readonly #batch: BatchInfo;
  readonly #body: BatchBody;
  readonly #dictionaries: Dictionaries;
  readonly #places = new Map<ArrowField, Place>();

  /** @param fields all columns of the file, in order @throws {ImportError} where the batch has other ones */
  constructor(fields: readonly ArrowField[], batch: BatchInfo, body: BatchBody, dictionaries: Dictionaries) {
    this.#batch = batch;
    this.#body = body;
    this.#dictionaries = dictionaries;
    const next = { node: 0, buffer: 0, variadic: 0 };
    for (const field of fields) this.#place(field, next);
    if (next.node !== batch.nodes.length || next.buffer !== batch.buffers.length)
      throw damaged("a batch has other columns than the schema");
    for (const field of fields) this.#checkLength(field);
  }

  /** Fewer rows than a column has values would be rows that nobody misses. */
  #checkLength(field: ArrowField): void {
    const { length } = this.#batch.nodes[this.#placeOf(field).node];
    const { rowCount } = this.#batch;
    if (length !== rowCount)
      throw damaged(`column '${field.name}' has ${length} values in a batch of ${rowCount} rows`);
  }

  #place(field: ArrowField, next: { node: number; buffer: number; variadic: number }): void {
    const layout = field.dictionary ? "fixed" : field.type.layout;
    const variadic = layout === "view" ? (this.#batch.variadicCounts[next.variadic++] ?? 0) : 0;
    this.#places.set(field, { node: next.node, buffer: next.buffer, variadic });
    next.node++;
    next.buffer += bufferCounts[layout] + variadic;
    if (variadic > this.#batch.buffers.length) throw damaged(`${variadic} buffers of text`);
    if (!field.dictionary) for (const child of field.children) this.#place(child, next);
  }

  /** Bytes of a column's buffers in the file. */
  bytesOf(field: ArrowField): number {
    const { buffer, variadic } = this.#placeOf(field);
    const layout = field.dictionary ? "fixed" : field.type.layout;
    const own = this.#batch.buffers.slice(buffer, buffer + bufferCounts[layout] + variadic);
    const children = field.dictionary ? [] : field.children.map((child) => this.bytesOf(child));
    return [...own.map(({ length }) => length), ...children].reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * @param path a column, or a member of structs from the outermost on: where one of those is null, the member is
   * @throws {ImportError} as `BatchBody.range`
   */
  async load(path: readonly ArrowField[], from: number, count: number, memory: ReadMemory): Promise<ArrowValues> {
    const values = await this.#values(path[path.length - 1], from, count, memory);
    let validity = values.validity;
    for (const struct of path.slice(0, -1))
      validity = both(validity, await this.#validity(struct, from, count, memory));
    return { ...values, validity };
  }

  async #values(field: ArrowField, from: number, count: number, memory: ReadMemory): Promise<ArrowValues> {
    const { node } = this.#placeOf(field);
    const { length } = this.#batch.nodes[node];
    if (from + count > length)
      throw damaged(`column '${field.name}' has ${length} values, where ${from + count} are needed`);
    const validity = await this.#validity(field, from, count, memory);
    const base = { field, length: count, validity, data: NOTHING, offsets: NO_OFFSETS, children: [] };
    if (field.dictionary) return { ...base, ...(await this.#lookedUp(field, from, count, validity, memory)) };
    return { ...base, ...(await this.#ofLayout(field, from, count, memory)) };
  }

  async #ofLayout(field: ArrowField, from: number, count: number, memory: ReadMemory): Promise<Partial<ArrowValues>> {
    const { type, children } = field;
    const { buffer } = this.#placeOf(field);
    switch (type.layout) {
      case "null":
        return { validity: new Uint8Array(count) };
      case "bits":
        return { data: await this.#bits(buffer + 1, from, count, memory) };
      case "fixed": {
        const data = await this.#body.range(buffer + 1, from * type.width, count * type.width, memory);
        return { data: type.kind === "bool" ? truths(data) : data };
      }
      case "var": {
        const { first, offsets } = await this.#offsets(field, from, count, memory);
        return { offsets, data: await this.#body.range(buffer + 2, first, offsets[count], memory) };
      }
      case "view":
        return await this.#views(field, from, count, memory);
      case "list": {
        const { first, offsets } = await this.#offsets(field, from, count, memory);
        return { offsets, children: [await this.#values(children[0], first, offsets[count], memory)] };
      }
      case "fixed_list": {
        const inside = await this.#values(children[0], from * type.size, count * type.size, memory);
        return { children: [inside], offsets: Uint32Array.from({ length: count + 1 }, (_, i) => i * type.size) };
      }
      case "struct": {
        const inside = [];
        for (const child of children) inside.push(await this.#values(child, from, count, memory));
        return { children: inside };
      }
      default:
        throw damaged(`column '${field.name}' of type ${type.name} is not read`);
    }
  }

  async #lookedUp(
    field: ArrowField,
    from: number,
    count: number,
    validity: Uint8Array | undefined,
    memory: ReadMemory,
  ): Promise<ArrowValues> {
    const { id, index, indexWidth } = field.dictionary as NonNullable<ArrowField["dictionary"]>;
    const { buffer } = this.#placeOf(field);
    const raw = await this.#body.range(buffer + 1, from * indexWidth, count * indexWidth, memory);
    const values = this.#dictionaries.valuesOf(id, field.name);
    return lookUp(values, raw, index, validity, count, memory);
  }

  async #views(field: ArrowField, from: number, count: number, memory: ReadMemory): Promise<Partial<ArrowValues>> {
    const { buffer, variadic } = this.#placeOf(field);
    const views = await this.#body.range(buffer + 1, from * VIEW_BYTES, count * VIEW_BYTES, memory);
    const parts: TextPart[] = [];
    for (const [i, { start, end }] of partsOfViews(views, count, variadic))
      parts[i] = { start, bytes: await this.#body.range(buffer + 2 + i, start, end - start, memory) };
    return textOfViews(views, count, parts);
  }

  /** A byte for each value, 0 for a null; undefined where no value of the batch is null. */
  async #validity(field: ArrowField, from: number, count: number, memory: ReadMemory): Promise<Uint8Array | undefined> {
    const { node, buffer } = this.#placeOf(field);
    const { layout } = field.type;
    if (this.#batch.nodes[node].nullCount === 0 || layout === "null" || count === 0) return undefined;
    return await this.#bits(buffer, from, count, memory);
  }

  async #bits(buffer: number, from: number, count: number, memory: ReadMemory): Promise<Uint8Array> {
    const first = Math.floor(from / 8);
    const bits = await this.#body.range(buffer, first, Math.ceil((from + count) / 8) - first, memory);
    const bytes = new Uint8Array(count);
    const skipped = from - first * 8;
    for (let i = 0; i < count; i++) {
      const at = i + skipped;
      bytes[i] = (bits[at >> 3] >> (at & 7)) & 1;
    }
    return bytes;
  }

  /** @returns offsets from 0, and where the first one leads */
  async #offsets(field: ArrowField, from: number, count: number, memory: ReadMemory) {
    const { buffer } = this.#placeOf(field);
    const offsets = new Uint32Array(count + 1);
    // Without values there may be no offsets at all.
    if (count === 0) return { first: 0, offsets };
    const { type, name } = field;
    const width = type.isLarge ? 8 : 4;
    const raw = viewsOf(await this.#body.range(buffer + 1, from * width, (count + 1) * width, memory));
    const read = type.isLarge ? (i: number) => Number(raw.int64[i]) : (i: number) => raw.int32[i];
    const first = read(0);
    for (let i = 0, last = first; i <= count; i++) {
      const offset = read(i);
      if (offset < last || offset - first > 0xffffffff) throw damaged(`offsets of column '${name}' go back`);
      offsets[i] = offset - first;
      last = offset;
    }
    if (first < 0) throw damaged(`an offset of column '${name}' is ${first}`);
    return { first, offsets };
  }

  #placeOf(field: ArrowField): Place {
    return this.#places.get(field.whole ?? field) as Place;
  }
}

/** Truth values that take a byte each: anything but 0 is true. In place. */
function truths(data: Uint8Array): Uint8Array {
  for (let i = 0; i < data.length; i++) if (data[i] > 1) data[i] = 1;
  return data;
}

/** What is valid in both. */
export function both(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (!a || !b) return a ?? b;
  return a.map((valid, i) => valid & b[i]);
}
