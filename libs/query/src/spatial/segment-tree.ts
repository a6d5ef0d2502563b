/** Boxes in a box of the next level. */
const FAN = 8;

/**
 * Boxes around edges, around eight of these, and so on: edges that follow one another lie together, so that their order is good
 * enough for a tree. Made when it is first asked.
 */
export class SegmentTree {
  readonly #edges: Float64Array;
  #levels: Float64Array[] | undefined;

  /** @param edges of each x and y of its start, x and y of its end */
  constructor(edges: Float64Array) {
    this.#edges = edges;
  }

  /** Appends the edges whose boxes meet a box, borders included. */
  find(minX: number, minY: number, maxX: number, maxY: number, found: number[]): void {
    this.#levels ??= levelsOf(this.#edges);
    this.#descend(this.#levels.length - 1, 0, [minX, minY, maxX, maxY], found);
  }

  #descend(level: number, from: number, box: readonly number[], found: number[]): void {
    const boxes = this.#levels![level];
    const end = Math.min(boxes.length, 4 * (from + FAN));
    for (let at = 4 * from; at < end; at += 4) {
      if (boxes[at] > box[2] || boxes[at + 1] > box[3] || boxes[at + 2] < box[0] || boxes[at + 3] < box[1]) continue;
      if (level === 0) found.push(at / 4);
      else this.#descend(level - 1, (at / 4) * FAN, box, found);
    }
  }
}

/** From the boxes of edges to a level of up to eight. */
function levelsOf(edges: Float64Array): Float64Array[] {
  const levels = [edgeBoxes(edges)];
  for (let last = levels[0]; last.length > 4 * FAN; levels.push(last)) last = outerBoxes(last);
  return levels;
}

function edgeBoxes(edges: Float64Array): Float64Array {
  const boxes = new Float64Array(edges.length);
  for (let at = 0; at < edges.length; at += 4) {
    boxes[at] = Math.min(edges[at], edges[at + 2]);
    boxes[at + 1] = Math.min(edges[at + 1], edges[at + 3]);
    boxes[at + 2] = Math.max(edges[at], edges[at + 2]);
    boxes[at + 3] = Math.max(edges[at + 1], edges[at + 3]);
  }
  return boxes;
}

function outerBoxes(inner: Float64Array): Float64Array {
  const outer = new Float64Array(4 * Math.ceil(inner.length / (4 * FAN)));
  for (let at = 0, from = 0; at < outer.length; at += 4) {
    const end = Math.min(inner.length, from + 4 * FAN);
    let [minX, minY, maxX, maxY] = [inner[from], inner[from + 1], inner[from + 2], inner[from + 3]];
    for (from += 4; from < end; from += 4) {
      minX = Math.min(minX, inner[from]);
      minY = Math.min(minY, inner[from + 1]);
      maxX = Math.max(maxX, inner[from + 2]);
      maxY = Math.max(maxY, inner[from + 3]);
    }
    outer[at] = minX;
    outer[at + 1] = minY;
    outer[at + 2] = maxX;
    outer[at + 3] = maxY;
  }
  return outer;
}
