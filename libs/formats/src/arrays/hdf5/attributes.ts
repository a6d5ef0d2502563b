import { type Attributes, cfAttributes } from "../cf-attributes.ts";
import { parseDatatype } from "./datatype.ts";
import { objectsOf } from "./fractal-heap.ts";
import type { FoundDataset } from "./groups.ts";
import { byteAt, type Hdf5File, textOf, uint16At, uintAt } from "./hdf5-file.ts";
import { messageTypes } from "./object-header.ts";
import { TextHeaps } from "./text-heaps.ts";

/** Attributes of a data set that say what its numbers mean: texts and numbers. @throws {ImportError} `malformed_file`, `unsupported` */
export async function attributesOf(file: Hdf5File, { messages }: FoundDataset): Promise<Attributes> {
  const attributes: Record<string, unknown> = {};
  for await (const data of messagesOf(file, messages)) {
    // Of those that are looked at, none is large.
    if (!data) continue;
    const name = cfAttributes.find((one) => textOf(data, nameAt(data), one.length + 1) === `${one}\0`);
    if (name !== undefined) attributes[name] = await firstValue(file, data);
  }
  return attributes;
}

/** Those of the header, and those that are too many for it. */
async function* messagesOf(file: Hdf5File, messages: FoundDataset["messages"]): AsyncGenerator<DataView | undefined> {
  for (const { type, isShared, data } of messages) {
    if (type === messageTypes.attribute && !isShared) yield data;
    if (type === messageTypes.attributeInfo) yield* objectsOf(file, data, 2 + (byteAt(data, 1) & 1 ? 2 : 0), IDS);
  }
}

/** In the records of the tree; behind an id stands whether its object is shared. */
const IDS = { at: 0, flagsAt: 8 };

/** Source: HDF5 File Format Specification 3.0, IV.A.2.m; the third version says how its name is encoded. */
function nameAt(data: DataView): number {
  return byteAt(data, 0) === 3 ? 9 : 8;
}

/** The first of its values; undefined where it has none, a name of their type where they are neither texts nor numbers. */
async function firstValue(file: Hdf5File, data: DataView): Promise<unknown> {
  const version = byteAt(data, 0);
  const [nameBytes, typeBytes, spaceBytes] = [2, 4, 6]
    .map((at) => uint16At(data, at))
    .map((size) => (version === 1 ? Math.ceil(size / 8) * 8 : size));
  const typeAt = nameAt(data) + nameBytes;
  const at = typeAt + typeBytes + spaceBytes;
  if (version > 1 && byteAt(data, 1) & 1) return "of a named type";
  if (at >= data.byteLength) return undefined;
  const type = parseDatatype(new DataView(data.buffer, data.byteOffset + typeAt, typeBytes));
  if (type.kind === "texts") return await textAt(file, data, at);
  if (type.kind === "other") return type.name;
  if (!type.descr.startsWith("|S")) return numberAt(data, at, type.descr);
  return utf8(textOf(data, at, type.itemBytes)).trimEnd();
}

async function textAt(file: Hdf5File, data: DataView, at: number): Promise<string> {
  return utf8(Buffer.from(await new TextHeaps(file).text(data, at)).toString("latin1"));
}

function utf8(bytes: string): string {
  return Buffer.from(bytes.split("\0", 1)[0], "latin1").toString();
}

/** A float, or an integer; NaN of other types. */
function numberAt(data: DataView, at: number, descr: string): number | bigint {
  const [isLittle, kind] = [!descr.startsWith(">"), descr.slice(1)];
  uintAt(data, at, Number(kind[1])); // Checks the end.
  const readers: Readonly<Record<string, (() => number | bigint) | undefined>> = {
    f4: () => data.getFloat32(at, isLittle),
    f8: () => data.getFloat64(at, isLittle),
    i1: () => data.getInt8(at),
    u1: () => data.getUint8(at),
    i2: () => data.getInt16(at, isLittle),
    u2: () => data.getUint16(at, isLittle),
    i4: () => data.getInt32(at, isLittle),
    u4: () => data.getUint32(at, isLittle),
    i8: () => data.getBigInt64(at, isLittle),
    u8: () => data.getBigUint64(at, isLittle),
  };
  return readers[kind]?.() ?? Number.NaN;
}
