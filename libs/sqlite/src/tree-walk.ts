import { HEADER_BYTES, type Pages } from "./pages.ts";
import { type PageCount, type PageKind, Payloads, pageKinds, type TreePage } from "./payloads.ts";
import { signedVarint } from "./varint.ts";

/** A tree of 20 levels would have more rows than there are bytes on earth. */
export const MAX_DEPTH = 20;

const kinds: ReadonlySet<number> = new Set(Object.values(pageKinds));

/** Cells that follow each other in one page. */
export interface CellRun {
  readonly page: TreePage;
  readonly first: number;
  readonly count: number;
}

/** @throws {ImportError} `malformed_file` */
export async function treePage(pages: Pages, number: number, from: number): Promise<TreePage> {
  const bytes = await pages.page(number, from);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = number === 1 ? HEADER_BYTES : 0;
  const kind = bytes[head];
  if (!kinds.has(kind))
    throw pages.damaged(`it begins with ${kind}, which is no kind of page of a table`, number, head);
  const cellCount = view.getUint16(head + 3);
  const cellsAt = head + (isInterior(kind as PageKind) ? 12 : 8);
  if (cellsAt + 2 * cellCount > pages.usableBytes)
    throw pages.damaged(`it claims ${cellCount} cells`, number, head + 3);
  return { number, bytes, view, kind: kind as PageKind, cellCount, cellsAt };
}

function isInterior(kind: PageKind): boolean {
  return kind === pageKinds.tableInterior || kind === pageKinds.indexInterior;
}

/**
 * The cells of a tree in the order of its keys: those of all leaves, and of indexes also those between them.
 * @throws {ImportError} `malformed_file`; as `Pages.page`
 */
export async function* cellsOf(
  pages: Pages,
  root: number,
  leaf: PageKind,
  count: PageCount,
  depth = 0,
  from = root,
): AsyncGenerator<CellRun> {
  count.take(root);
  if (depth > MAX_DEPTH) throw pages.damaged(`its tree has more than ${MAX_DEPTH} levels`, root);
  const page = await treePage(pages, root, from);
  if (page.kind === leaf) {
    yield { page, first: 0, count: page.cellCount };
    return;
  }
  checkInterior(pages, page, leaf);
  const cells = new Payloads(pages);
  for (let i = 0; i < page.cellCount; i++) {
    yield* cellsOf(pages, childAt(cells, page, i), leaf, count, depth + 1, root);
    if (leaf === pageKinds.indexLeaf) yield { page, first: i, count: 1 };
  }
  yield* cellsOf(pages, childAt(cells, page, page.cellCount), leaf, count, depth + 1, root);
}

function checkInterior(pages: Pages, page: TreePage, leaf: PageKind): void {
  const expected = leaf === pageKinds.tableLeaf ? pageKinds.tableInterior : pageKinds.indexInterior;
  if (page.kind === expected) return;
  throw pages.damaged(`it begins with ${page.kind} where ${leaf} or ${expected} belongs`, page.number);
}

/** The page below a page, before a cell or behind all of them. */
export function childAt(cells: Payloads, page: TreePage, index: number): number {
  return index < page.cellCount ? page.view.getUint32(cells.cellAt(page, index)) : lastChild(page);
}

function lastChild({ view, cellsAt }: TreePage): number {
  return view.getUint32(cellsAt - 4);
}

/** The leaf in which a row id is, or would be. */
export async function leafOf(pages: Pages, root: number, rowId: bigint): Promise<TreePage> {
  const cells = new Payloads(pages);
  let page = await treePage(pages, root, root);
  for (let depth = 0; page.kind !== pageKinds.tableLeaf; depth++) {
    if (depth > MAX_DEPTH) throw pages.damaged(`its tree has more than ${MAX_DEPTH} levels`, root);
    checkInterior(pages, page, pageKinds.tableLeaf);
    const at = firstNotBelow(cells, page, rowId);
    page = await treePage(pages, childAt(cells, page, at), page.number);
  }
  return page;
}

/** Number of cells in a page of a table whose row id is less. */
export function firstNotBelow(cells: Payloads, page: TreePage, rowId: bigint): number {
  let [low, high] = [0, page.cellCount];
  while (low < high) {
    const middle = (low + high) >>> 1;
    cells.readRowId(page, middle);
    if (signedVarint(page.bytes, cells.rowIdAt, cells.rowIdEnd) < rowId) low = middle + 1;
    else high = middle;
  }
  return low;
}
