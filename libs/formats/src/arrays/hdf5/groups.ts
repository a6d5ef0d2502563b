import { malformed } from "../one-file.ts";
import { objectsOf } from "./fractal-heap.ts";
import { addressAt, byteAt, type Hdf5File, textOf, uint16At, uintAt, unsupported } from "./hdf5-file.ts";
import { type HeaderMessage, messageTypes, readObjectHeader } from "./object-header.ts";

/** Groups in groups, and objects of a file in all. */
const MAX_DEPTH = 32;
const MAX_OBJECTS = 4096;
const SYMBOL_BYTES = 40;

/** A data set, by its path from the root group. */
export interface FoundDataset {
  readonly path: string;
  readonly messages: readonly HeaderMessage[];
}

interface Link {
  readonly name: string;
  readonly address: number;
}

/** All data sets of a file, in the order in which groups list them; links to elsewhere are passed over. @throws {ImportError} */
export async function findDatasets(file: Hdf5File): Promise<FoundDataset[]> {
  const found: FoundDataset[] = [];
  const seen = new Set<number>();
  await walk(file, file.root, "", 0, seen, found);
  return found;
}

async function walk(
  file: Hdf5File,
  address: number,
  path: string,
  depth: number,
  seen: Set<number>,
  found: FoundDataset[],
): Promise<void> {
  if (seen.has(address)) return;
  seen.add(address);
  if (depth > MAX_DEPTH || seen.size > MAX_OBJECTS)
    throw unsupported(`it has more than ${MAX_OBJECTS} objects, or groups ${MAX_DEPTH} deep`);
  const messages = await readObjectHeader(file, address);
  const isDataset = messages.some(({ type }) => type === messageTypes.layout);
  if (isDataset) found.push({ path, messages });
  else
    for (const link of await linksOf(file, messages))
      await walk(file, link.address, path === "" ? link.name : `${path}/${link.name}`, depth + 1, seen, found);
}

async function linksOf(file: Hdf5File, messages: readonly HeaderMessage[]): Promise<Link[]> {
  const links: Link[] = [];
  for (const { type, data } of messages) {
    if (type === messageTypes.symbolTable)
      links.push(...(await symbolLinks(file, addressAt(data, 0), addressAt(data, 8))));
    if (type === messageTypes.link) links.push(...hardLink(data));
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
    links.push(...hardLink(object));
  }
  return links.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A link to an object of this file; none for a soft or external one. */
function hardLink(data: DataView): Link[] {
  const flags = byteAt(data, 1);
  let at = 2;
  const type = flags & 8 ? byteAt(data, at++) : 0;
  if (flags & 4) at += 8;
  if (flags & 16) at += 1;
  const lengthBytes = 1 << (flags & 3);
  const length = uintAt(data, at, lengthBytes);
  at += lengthBytes;
  if (type !== 0) return [];
  return [{ name: nameOf(data, at, length), address: addressAt(data, at + length) }];
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
    for (let i = 0; i < count; i++) {
      const nameAt = addressAt(table, i * SYMBOL_BYTES);
      // Symbolic links have no object.
      const isSoft = table.getUint32(i * SYMBOL_BYTES + 16, true) === 2;
      if (!isSoft) links.push({ name: nameIn(names, nameAt), address: addressAt(table, i * SYMBOL_BYTES + 8) });
    }
  }
  return links;
}

async function leavesOf(file: Hdf5File, address: number, depth: number): Promise<number[]> {
  if (depth > MAX_DEPTH) throw malformed("a tree of a group is too deep", file.base + address);
  const head = await file.readSigned(address, 24, "TREE", "the tree of a group");
  const [level, count] = [byteAt(head, 5), uint16At(head, 6)];
  const body = await file.read(address + 24, count * 16 + 8, "the tree of a group");
  const children = Array.from({ length: count }, (_, i) => addressAt(body, 8 + i * 16));
  if (level === 0) return children;
  const leaves: number[] = [];
  for (const child of children) {
    leaves.push(...(await leavesOf(file, child, depth + 1)));
    if (leaves.length > MAX_OBJECTS) throw unsupported(`a group has more than ${MAX_OBJECTS} tables of symbols`);
  }
  return leaves;
}

function nameIn(heap: DataView, at: number): string {
  const text = textOf(heap, at, 4096);
  const end = text.indexOf("\0");
  return Buffer.from(end < 0 ? text : text.slice(0, end), "latin1").toString();
}

function nameOf(view: DataView, at: number, length: number): string {
  return Buffer.from(textOf(view, at, length), "latin1").toString();
}
