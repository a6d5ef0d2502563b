/** Edge of the squares in which a matrix is turned, so that both sides stay in the cache. */
const TILE = 32;

type Elements = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/**
 * Turns a matrix: `source` holds `columns` runs of `rows` elements, `target` gets `rows` runs of `columns` elements.
 * @param itemBytes of an element: 1, 2, 4 or 8; both memories are aligned to it and do not overlap
 */
export function transpose(
  source: Uint8Array,
  target: Uint8Array,
  rows: number,
  columns: number,
  itemBytes: number,
): void {
  const from = elementsOf(source, rows * columns, itemBytes);
  const to = elementsOf(target, rows * columns, itemBytes);
  for (let row = 0; row < rows; row += TILE) {
    const rowEnd = Math.min(rows, row + TILE);
    for (let column = 0; column < columns; column += TILE) {
      turnTile(from, to, row, rowEnd, column, Math.min(columns, column + TILE), rows, columns);
    }
  }
}

function turnTile(
  from: Elements,
  to: Elements,
  rowStart: number,
  rowEnd: number,
  columnStart: number,
  columnEnd: number,
  rows: number,
  columns: number,
): void {
  for (let row = rowStart; row < rowEnd; row++) {
    for (let column = columnStart; column < columnEnd; column++) to[row * columns + column] = from[column * rows + row];
  }
}

function elementsOf(bytes: Uint8Array, count: number, itemBytes: number): Elements {
  if (itemBytes === 1) return bytes.subarray(0, count);
  if (itemBytes === 2) return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  if (itemBytes === 4) return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  return new Float64Array(bytes.buffer, bytes.byteOffset, count);
}
