import { malformed } from "../one-file.ts";
import { objectsOf } from "./fractal-heap.ts";
import { addressAt, byteAt, type Hdf5File, textOf, uint16At, uint32At, uintAt, unsupported } from "./hdf5-file.ts";
import { type HeaderMessage, messageTypes } from "./object-header.ts";

const MAX_TREE_DEPTH = 32;
const MAX_TABLES = 4096;
const SYMBOL_BYTES = 40;
const MAX_NAME_BYTES = 4096;
const SOFT = 1;
const EXTERNAL = 64;
/** What a symbol's cache says of a soft link. */
const CACHED_SOFT = 2;

/** What stands in a group under a name. */
export type Link =
  | { readonly kind: "hard"; readonly name: string; readonly address: number }
  /** Another name of something in this file, by its path from here or, with a slash, from the root. */
  | { readonly kind: "soft"; readonly name: string; readonly target: string }
  | { readonly kind: "external"; readonly name: string };

/** The links of a group, in the order in which it lists them. @throws {ImportError} `malformed_file`, `unsupported` */
export async function linksOf(file: Hdf5File, messages: readonly HeaderMessage[]): Promise<Link[]> {
  const links: Link[] = [];
  for (const { type, data } of messages) {
    if (type === messageTypes.symbolTable)
      links.push(...(await symbolLinks(file, addressAt(data, 0), addressAt(data, 8))));
    if (type === messageTypes.link) links.push(...linkIn(data));
    if (type === messageTypes.linkInfo) links.push(...(await manyLinks(file, data)));
  }
  return links;
}

/** Links that are too many for the header, by their names. */
async function manyLinks(file: Hdf5File, info: DataView): Promise<Link[]> {
  const links: Link[] = [];
  // A record begins with the hash of the name.
  const objects = objectsOf(file, info, 2 + (byteAt(info, 1) & 1 ? 8 : 0), { at: 4 });
  for await (const object of objects) {
    if (!object) throw unsupported("a name in a group has thousands of letters: give it a shorter one");
    links.push(...linkIn(object));
  }
  return links.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Source: HDF5 File Format Specification 3.0, IV.A.2.g. None of a kind that programs have made for themselves. */
function linkIn(data: DataView): Link[] {
  const flags = byteAt(data, 1);
  let at = 2;
  const type = flags & 8 ? byteAt(data, at++) : 0;
  if (flags & 4) at += 8;
  if (flags & 16) at += 1;
  const lengthBytes = 1 << (flags & 3);
  const length = uintAt(data, at, lengthBytes);
  at += lengthBytes;
  const name = nameOf(data, at, length);
  at += length;
  if (type === 0) return [{ kind: "hard", name, address: addressAt(data, at) }];
  if (type === SOFT) return [{ kind: "soft", name, target: nameOf(data, at + 2, uint16At(data, at)) }];
  return type === EXTERNAL ? [{ kind: "external", name }] : [];
}

/** Links of a group in its old form: a tree of symbol tables, whose names lie in a heap. */
async function symbolLinks(file: Hdf5File, treeAddress: number, heapAddress: number): Promise<Link[]> {
  const heap = await file.readSigned(heapAddress, 32, "HEAP", "a heap of names");
  const names = await file.read(addressAt(heap, 24), addressAt(heap, 8), "a heap of names");
  const links: Link[] = [];
  for (const address of await leavesOf(file, treeAddress, 0)) {
    const head = await file.readSigned(address, 8, "SNOD", "a table of symbols");
    const count = uint16At(head, 6);
    const table = await file.read(address + 8, count * SYMBOL_BYTES, "a table of symbols");
    for (let at = 0; at < count * SYMBOL_BYTES; at += SYMBOL_BYTES) {
      const name = nameIn(names, addressAt(table, at));
      // A soft link has no object, but the place of its path among the names.
      if (uint32At(table, at + 16) === CACHED_SOFT)
        links.push({ kind: "soft", name, target: nameIn(names, uint32At(table, at + 24)) });
      else links.push({ kind: "hard", name, address: addressAt(table, at + 8) });
    }
  }
  return links;
}

async function leavesOf(file: Hdf5File, address: number, depth: number): Promise<number[]> {
  if (depth > MAX_TREE_DEPTH) throw malformed("a tree of a group is too deep", file.base + address);
  const head = await file.readSigned(address, 24, "TREE", "the tree of a group");
  const [level, count] = [byteAt(head, 5), uint16At(head, 6)];
  const body = await file.read(address + 24, count * 16 + 8, "the tree of a group");
  const children = Array.from({ length: count }, (_, i) => addressAt(body, 8 + i * 16));
  if (level === 0) return children;
  const leaves: number[] = [];
  for (const child of children) {
    leaves.push(...(await leavesOf(file, child, depth + 1)));
    if (leaves.length > MAX_TABLES) throw unsupported(`a group has more than ${MAX_TABLES} tables of symbols`);
  }
  return leaves;
}

function nameIn(heap: DataView, at: number): string {
  const text = textOf(heap, at, MAX_NAME_BYTES);
  const end = text.indexOf("\0");
  return Buffer.from(end < 0 ? text : text.slice(0, end), "latin1").toString();
}

function nameOf(view: DataView, at: number, length: number): string {
  return Buffer.from(textOf(view, at, length), "latin1").toString();
}
