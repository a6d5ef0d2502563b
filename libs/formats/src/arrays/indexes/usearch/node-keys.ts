import type { SourceFile } from "@sluice/object-store";
import { malformed } from "../../one-file.ts";
import { type LiveRows, type RowSource, rowsAt, shortened } from "../../row-source.ts";

/** Where the nodes of the graph lie, which hold the keys. */
export interface NodeLayout {
  readonly source: SourceFile;
  /** Where the levels of all nodes stand, an int16 each, and the nodes behind them. */
  readonly levelsAt: number;
  readonly rowCount: number;
  /** Neighbours of a node, on upper levels and on the lowest. */
  readonly connectivity: number;
  readonly baseConnectivity: number;
}

const KEY_BYTES = 8;
/** Key and level of a node. */
const NODE_BYTES = KEY_BYTES + 2;
/** Greatest level of a node; a graph of all atoms would not need so many. */
const MAX_LEVEL = 64;
const SKIPPED_ROWS = 1 << 16;

/** Keys of the nodes of a graph, which are as long as their levels are many. */
export class NodeKeys {
  readonly #layout: NodeLayout;
  readonly #levels: RowSource;
  /** The next node that nobody has looked at, and where it begins. */
  #next: { row: number; offset: number };
  #firstRow = -1;
  #reading: Promise<BigUint64Array> = Promise.resolve(new BigUint64Array(0));

  constructor(layout: NodeLayout) {
    this.#layout = layout;
    this.#levels = rowsAt(layout.source, layout.levelsAt, 2);
    this.#next = this.#start();
  }

  /** Keys as they are stored, row by row. */
  get rows(): RowSource {
    return {
      read: async (firstRow, rows, target, signal) => {
        const keys = await this.#keys(firstRow, rows, signal);
        target.set(new Uint8Array(keys.buffer, keys.byteOffset, rows * KEY_BYTES));
      },
    };
  }

  /** What was removed keeps its place and vector, and loses its key. */
  get live(): LiveRows {
    return {
      why: "removed from the index",
      read: async (firstRow, rows, target, signal) => {
        const keys = await this.#keys(firstRow, rows, signal);
        const words = new Uint32Array(keys.buffer, keys.byteOffset, rows * 2);
        for (let i = 0; i < rows; i++) target[i] = (words[2 * i] & words[2 * i + 1]) === -1 ? 0 : 1;
      },
    };
  }

  #start(): { row: number; offset: number } {
    const { levelsAt, rowCount } = this.#layout;
    return { row: 0, offset: levelsAt + 2 * rowCount };
  }

  #keys(firstRow: number, rows: number, signal: AbortSignal): Promise<BigUint64Array> {
    if (firstRow !== this.#firstRow) {
      this.#firstRow = firstRow;
      this.#reading = this.#load(firstRow, rows, signal);
    }
    return this.#reading;
  }

  async #load(firstRow: number, rows: number, signal: AbortSignal): Promise<BigUint64Array> {
    if (this.#next.row > firstRow) this.#next = this.#start();
    while (this.#next.row < firstRow) await this.#offsets(Math.min(SKIPPED_ROWS, firstRow - this.#next.row), signal);
    const offsets = await this.#offsets(rows, signal);
    const keys = new BigUint64Array(rows);
    if (rows === 0) return keys;
    // Nodes follow each other: one read for all of them.
    const start = offsets[0];
    const bytes = Buffer.alloc(this.#next.offset - start);
    const count = await this.#layout.source.readInto(start, bytes, signal);
    if (count < bytes.length) throw shortened(start + count);
    const out = Buffer.from(keys.buffer);
    for (let i = 0; i < rows; i++) bytes.copy(out, i * KEY_BYTES, offsets[i] - start, offsets[i] - start + KEY_BYTES);
    return keys;
  }

  /** Where the next nodes begin. */
  async #offsets(rows: number, signal: AbortSignal): Promise<Float64Array> {
    const { source, levelsAt, connectivity, baseConnectivity } = this.#layout;
    const { row } = this.#next;
    const levels = new Int16Array(rows);
    await this.#levels.read(row, rows, new Uint8Array(levels.buffer), signal);
    const offsets = new Float64Array(rows);
    for (let i = 0; i < rows; i++) {
      const level = levels[i];
      if (level < 0 || level > MAX_LEVEL) throw malformed(`a node has the level ${level}`, levelsAt + 2 * (row + i));
      offsets[i] = this.#next.offset;
      this.#next.offset += NODE_BYTES + 4 + 4 * baseConnectivity + level * (4 + 4 * connectivity);
    }
    if (this.#next.offset > source.sizeBytes) throw malformed("its graph ends inside its nodes", source.sizeBytes);
    this.#next.row += rows;
    return offsets;
  }
}
