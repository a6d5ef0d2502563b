/** Rows of a batch by the part that each goes to; a row may go to several. Its memory is used again by each batch. */
export class DealtRows {
  readonly #ends: Uint32Array;
  #rows = new Uint32Array(0);
  #parts = new Uint8Array(0);
  #sorted = new Uint32Array(0);
  #count = 0;

  /** @param parts their number, 256 at most */
  constructor(parts: number) {
    this.#ends = new Uint32Array(parts);
  }

  /** Forgets the batch before. */
  clear(): void {
    this.#count = 0;
  }

  /** A row goes to a part, behind those that went there before. */
  put(row: number, part: number): void {
    if (this.#count === this.#rows.length) this.#grow();
    this.#rows[this.#count] = row;
    this.#parts[this.#count++] = part;
  }

  /** Each part that has rows, with them. Valid until the next batch. */
  *byPart(): Generator<readonly [part: number, rows: Uint32Array]> {
    const ends = this.#sort();
    for (let part = 0, begin = 0; part < ends.length; begin = ends[part++])
      if (ends[part] > begin) yield [part, this.#sorted.subarray(begin, ends[part])];
  }

  #sort(): Uint32Array {
    const [ends, parts, count] = [this.#ends.fill(0), this.#parts, this.#count];
    for (let i = 0; i < count; i++) ends[parts[i]]++;
    for (let part = 0, end = 0; part < ends.length; part++) [ends[part], end] = [end, end + ends[part]];
    // Where each part's next row goes; in the end, behind its last one.
    for (let i = 0; i < count; i++) this.#sorted[ends[parts[i]]++] = this.#rows[i];
    return ends;
  }

  #grow(): void {
    const length = Math.max(4096, 2 * this.#rows.length);
    const [rows, parts] = [new Uint32Array(length), new Uint8Array(length)];
    rows.set(this.#rows);
    parts.set(this.#parts);
    [this.#rows, this.#parts, this.#sorted] = [rows, parts, new Uint32Array(length)];
  }
}
