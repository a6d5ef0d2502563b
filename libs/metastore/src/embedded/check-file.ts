import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";

// lmdb maps its file into memory and trusts it: a file that was cut or overwritten ends the process by a signal, at once or
// at some later record. So its pages are looked at before lmdb does.
//
// Layout, from mdb.c of lmdb 3 (data format 2), little-endian. A page begins with its number (u64), a transaction (u64), two
// bytes of padding, flags (u16 at 18), the ends of its two free parts (u16 at 20 and 22, behind the header), or, of the first
// of a run of overflow pages, their count (u32 at 20). Pages 0 and 1 are the two roots of all: behind the header magic, format,
// address and size (24 bytes), two trees of 48 bytes (of free pages, of databases), last page, transaction. The last page need
// not be in the file: one that a transaction took at the end and gave back is never written, so the size alone says nothing.

const HEADER = 24;
const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const META = 8;
/** Of nodes: their data is an overflow page, or another tree. */
const IN_OVERFLOW = 1;
const IS_TREE = 2;
const NODE_HEADER = 8;
const TREE_BYTES = 48;
/** Where a tree has its root page, and what stands there of an empty one. */
const ROOT_AT = 40;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
/** Deeper trees than this do not exist: 2^64 pages would not need one. */
const MAX_DEPTH = 32;

/**
 * Walks all pages that records are reached by.
 * @throws {Error} when the file cannot be one that lmdb wrote: it names the file and the way out
 */
export function checkDataFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return; // A folder that is new.
    throw error;
  }
  try {
    const damage = damageIn(file);
    if (damage === undefined) return;
    throw new Error(
      `the state in ${path} is damaged: ${damage}. Put back a copy of the folder ${dirname(path)}, or move it away to begin ` +
        "with no collections and jobs",
    );
  } finally {
    closeSync(file);
  }
}

/** Undefined when there is none, and while another process writes the file, which lmdb itself will find out. */
function damageIn(file: number): string | undefined {
  const sizeBytes = fstatSync(file).size;
  const before = newestRoot(file, sizeBytes);
  if (typeof before === "string") return before;
  try {
    const pages = new Pages(file, before, sizeBytes);
    for (const root of before.roots) pages.walk(root, 0);
    return undefined;
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    const after = newestRoot(file, sizeBytes);
    return typeof after !== "string" && after.transaction !== before.transaction ? undefined : error.message;
  }
}

interface Root {
  readonly pageBytes: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
  readonly roots: readonly bigint[];
}

/** Which of both is newer holds; a crash while one is written leaves the other. */
function newestRoot(file: number, sizeBytes: number): Root | string {
  const first = rootAt(file, 0);
  if (sizeBytes === 0) return "it is empty";
  if (first === undefined) return "it does not begin as a file of lmdb does";
  const second = rootAt(file, first.pageBytes);
  return second && second.transaction > first.transaction ? second : first;
}

function rootAt(file: number, position: number): Root | undefined {
  const page = Buffer.alloc(HEADER + 136);
  if (readSync(file, page, 0, page.length, position) < page.length) return undefined;
  const isMeta = page.readUInt16LE(18) === META && page.readUInt32LE(HEADER) === MAGIC;
  if (!isMeta || page.readUInt32LE(HEADER + 4) !== FORMAT) return undefined;
  const trees = HEADER + 24;
  const pageBytes = page.readUInt32LE(trees);
  if (pageBytes < 512 || pageBytes > 65536 || (pageBytes & (pageBytes - 1)) !== 0) return undefined;
  return {
    pageBytes,
    lastPage: page.readBigUInt64LE(trees + 2 * TREE_BYTES),
    transaction: page.readBigUInt64LE(trees + 2 * TREE_BYTES + 8),
    roots: [page.readBigUInt64LE(trees + ROOT_AT), page.readBigUInt64LE(trees + TREE_BYTES + ROOT_AT)],
  };
}

class Damage extends Error {}

class Pages {
  readonly #file: number;
  readonly #root: Root;
  readonly #sizeBytes: bigint;
  /** One for each level of the tree; they are used again. */
  readonly #buffers: Buffer[] = [];

  constructor(file: number, root: Root, sizeBytes: number) {
    this.#file = file;
    this.#root = root;
    this.#sizeBytes = BigInt(sizeBytes);
  }

  /** Everything below a page. @throws {Damage} */
  walk(number: bigint, depth: number): void {
    if (number === NO_PAGE) return;
    const page = this.#read(number, depth);
    const flags = page.readUInt16LE(18);
    if ((flags & BRANCH) === 0 && (flags & LEAF) === 0) throw new Damage(`page ${number} is none of a tree`);
    for (const at of nodesOf(page, number)) {
      if (flags & BRANCH) this.walk(childOf(page, at), depth + 1);
      else this.#checkLeaf(page, number, at, depth);
    }
  }

  #read(number: bigint, depth: number): Buffer {
    if (depth > MAX_DEPTH) throw new Damage("its pages lead in a circle");
    const { pageBytes, lastPage } = this.#root;
    if (number < 2n || number > lastPage) throw new Damage(`a page refers to page ${number}, the last is ${lastPage}`);
    const page = (this.#buffers[depth] ??= Buffer.alloc(pageBytes));
    const read = readSync(this.#file, page, 0, pageBytes, Number(number) * pageBytes);
    if (read < pageBytes) throw new Damage(`it ends inside page ${number}`);
    if (page.readBigUInt64LE(0) !== number) throw new Damage(`page ${number} holds something else`);
    return page;
  }

  #checkLeaf(page: Buffer, number: bigint, at: number, depth: number): void {
    const flags = page.readUInt16LE(at + 4);
    const data = at + NODE_HEADER + page.readUInt16LE(at + 6);
    const inPage = flags & IN_OVERFLOW ? 8 : page.readUInt16LE(at) + page.readUInt16LE(at + 2) * 65536;
    if (data + inPage > page.length) throw new Damage(`an entry of page ${number} reaches beyond it`);
    if (flags & IN_OVERFLOW) this.#checkOverflow(page.readBigUInt64LE(data), depth + 1);
    else if (flags & IS_TREE && inPage === TREE_BYTES) this.walk(page.readBigUInt64LE(data + ROOT_AT), depth + 1);
  }

  #checkOverflow(number: bigint, depth: number): void {
    const page = this.#read(number, depth);
    const count = BigInt(page.readUInt32LE(20));
    const isRun = (page.readUInt16LE(18) & OVERFLOW) !== 0 && number + count - 1n <= this.#root.lastPage;
    if (!isRun) throw new Damage(`page ${number} is not the long value that it should be`);
    const endBytes = (number + count) * BigInt(this.#root.pageBytes);
    if (endBytes > this.#sizeBytes)
      throw new Damage(
        `it has ${this.#sizeBytes} bytes, expected at least ${endBytes} for the long value on page ${number}`,
      );
  }
}

/** Where the entries of a page begin. @throws {Damage} */
function nodesOf(page: Buffer, number: bigint): number[] {
  const lower = page.readUInt16LE(20);
  const count = lower >> 1;
  if (HEADER + lower > page.length) throw new Damage(`page ${number} has more entries than fit`);
  return Array.from({ length: count }, (_, i) => {
    const at = page.readUInt16LE(HEADER + 2 * i) + HEADER;
    if (at + NODE_HEADER > page.length) throw new Damage(`an entry of page ${number} begins beyond it`);
    return at;
  });
}

function childOf(page: Buffer, at: number): bigint {
  const [low, middle, high] = [page.readUInt16LE(at), page.readUInt16LE(at + 2), page.readUInt16LE(at + 4)];
  return BigInt(low) + BigInt(middle) * 65536n + BigInt(high) * 0x1_0000_0000n;
}
