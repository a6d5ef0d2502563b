import { malformed } from "../one-file.ts";
import { addressAt, byteAt, type Hdf5File, uint16At, uint32At, uintAt, unsupported } from "./hdf5-file.ts";

// Trees of version 2: what the newest form of HDF5 finds attributes and links by. Source: HDF5 File Format Specification 3.0, III.A.2.

const HEADER_BYTES = 38;
/** Signature, version, type; a checksum ends each node. */
const NODE_HEAD_BYTES = 6;
const NODE_BYTES = NODE_HEAD_BYTES + 4;
const MAX_RECORDS = 65_536;
const MAX_DEPTH = 8;

interface Tree {
  readonly file: Hdf5File;
  readonly recordBytes: number;
  readonly nodeBytes: number;
  /** Of the number of records in a child. */
  readonly countBytes: number;
  /** By depth: of the number of records in a child and all below it; 0 where that is not told. */
  readonly totalBytes: readonly number[];
}

/** All records of a tree, in order. @throws {ImportError} `malformed_file`, `unsupported` */
export async function recordsOf(file: Hdf5File, address: number): Promise<DataView[]> {
  const head = await file.readSigned(address, HEADER_BYTES, "BTHD", "a tree");
  const [nodeBytes, recordBytes, depth] = [uint32At(head, 6), uint16At(head, 10), uint16At(head, 12)];
  if (recordBytes < 1 || recordBytes > nodeBytes - NODE_BYTES || depth > MAX_DEPTH)
    throw malformed(`a tree has nodes of ${nodeBytes} bytes, records of ${recordBytes} and ${depth} levels`, file.base + address); // biome-ignore format: one line
  const tree = { file, recordBytes, nodeBytes, ...countsOf(nodeBytes, recordBytes, depth) };
  const records: DataView[] = [];
  if (addressAt(head, 26) > 0) await visit(tree, addressAt(head, 16), uint16At(head, 24), depth, records);
  return records;
}

/** As wide as the greatest count that fits into nodes of that size. */
function countsOf(nodeBytes: number, recordBytes: number, depth: number): Pick<Tree, "countBytes" | "totalBytes"> {
  const inLeaf = Math.floor((nodeBytes - NODE_BYTES) / recordBytes);
  const countBytes = bytesFor(inLeaf);
  const totalBytes = [0];
  let total = inLeaf;
  for (let level = 1; level <= depth; level++) {
    const pointer = 8 + countBytes + totalBytes[level - 1];
    const inNode = Math.floor((nodeBytes - NODE_BYTES - pointer) / (recordBytes + pointer));
    total = (inNode + 1) * total + inNode;
    totalBytes.push(bytesFor(total));
  }
  return { countBytes, totalBytes };
}

function bytesFor(most: number): number {
  return Math.floor(Math.log2(Math.max(1, most)) / 8) + 1;
}

async function visit(tree: Tree, address: number, count: number, depth: number, records: DataView[]): Promise<void> {
  const { file, recordBytes, nodeBytes, countBytes, totalBytes } = tree;
  const node = await file.readSigned(address, nodeBytes, depth === 0 ? "BTLF" : "BTIN", "a node of a tree");
  if (byteAt(node, 4) !== 0) throw unsupported("a tree of its structure is of a later version");
  if (records.length + count > MAX_RECORDS) throw unsupported(`a tree has more than ${MAX_RECORDS} records`);
  const recordAt = (i: number) => NODE_HEAD_BYTES + i * recordBytes;
  const pointerBytes = depth === 0 ? 0 : 8 + countBytes + totalBytes[depth - 1];
  if (recordAt(count) + (depth === 0 ? 0 : (count + 1) * pointerBytes) > nodeBytes - 4)
    throw malformed(`a node of a tree has ${count} records, which it has no room for`, file.base + address);
  for (let i = 0; i <= count; i++) {
    if (depth > 0) {
      const at = recordAt(count) + i * pointerBytes;
      await visit(tree, addressAt(node, at), uintAt(node, at + 8, countBytes), depth - 1, records);
    }
    if (i < count) records.push(new DataView(node.buffer, node.byteOffset + recordAt(i), recordBytes));
  }
}
