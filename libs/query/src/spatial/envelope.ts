const [POINT, LINE, POLYGON] = [1, 2, 3];
const POINT_BYTES = 16;

/** The least box around a geometry; one without points has none, and its least coordinates are above its greatest. */
export class Envelope {
  minX = Number.POSITIVE_INFINITY;
  minY = Number.POSITIVE_INFINITY;
  maxX = Number.NEGATIVE_INFINITY;
  maxY = Number.NEGATIVE_INFINITY;

  /** @param view of WKB in the form that is stored @param at where it begins there */
  read(view: DataView, at: number): void {
    this.minX = this.minY = Number.POSITIVE_INFINITY;
    this.maxX = this.maxY = Number.NEGATIVE_INFINITY;
    this.#geometry(view, at);
  }

  /** @returns the end of the geometry */
  #geometry(view: DataView, at: number): number {
    const type = view.getUint32(at + 1, true);
    if (type === POINT) return this.#points(view, at + 5, 1);
    const count = view.getUint32(at + 5, true);
    if (type === LINE) return this.#points(view, at + 9, count);
    let end = at + 9;
    for (let left = count; left > 0; left--)
      end = type === POLYGON ? this.#points(view, end + 4, view.getUint32(end, true)) : this.#geometry(view, end);
    return end;
  }

  /** Coordinates of an empty point are no numbers, and neither less nor greater. */
  #points(view: DataView, at: number, count: number): number {
    const end = at + count * POINT_BYTES;
    for (let point = at; point < end; point += POINT_BYTES) {
      const [x, y] = [view.getFloat64(point, true), view.getFloat64(point + 8, true)];
      if (x < this.minX) this.minX = x;
      if (x > this.maxX) this.maxX = x;
      if (y < this.minY) this.minY = y;
      if (y > this.maxY) this.maxY = y;
    }
    return end;
  }

  /** Edges count: boxes that touch meet. */
  meets(other: Envelope): boolean {
    return this.minX <= other.maxX && this.maxX >= other.minX && this.minY <= other.maxY && this.maxY >= other.minY;
  }

  /** Edges count: a box is in itself. */
  isIn(other: Envelope): boolean {
    return this.minX >= other.minX && this.maxX <= other.maxX && this.minY >= other.minY && this.maxY <= other.maxY;
  }
}
