import { type Column, type FixedColumn, isNull, type VarColumn, varValue } from "@sluice/columns";
import { compareBytes } from "../evaluate/byte-set.ts";
import { wordsOf } from "./group-keys.ts";
import { type Accumulating, fixedOf, floatsOf, roomFor, WordsByGroup } from "./state.ts";

/** The least value of each group, or the greatest. */
export class FloatExtreme implements Accumulating {
  readonly #sign: number;
  readonly #width: number;
  #values = new Float64Array(0);
  #seen = new Uint8Array(0);

  constructor(sign: number, width: number) {
    this.#sign = sign;
    this.#width = width;
  }

  get usedBytes(): number {
    return this.#values.byteLength + this.#seen.byteLength;
  }

  add(groups: Uint32Array, count: number, column: Column | undefined, rows: Uint32Array): void {
    this.#values = roomFor(this.#values, count);
    this.#seen = roomFor(this.#seen, count);
    const values = floatsOf(column as FixedColumn);
    for (let i = 0; i < groups.length; i++) {
      if (isNull(column as Column, rows[i])) continue;
      const [value, group] = [values[rows[i]], groups[i]];
      if (this.#seen[group] === 1 && this.#sign * (value - this.#values[group]) >= 0) continue;
      this.#values[group] = value;
      this.#seen[group] = 1;
    }
  }

  column(count: number): Column {
    const values = roomFor(this.#values, count).slice(0, count);
    const seen = roomFor(this.#seen, count).slice(0, count);
    return fixedOf(this.#width === 8 ? values : Float32Array.from(values), seen);
  }
}

/** Likewise, of integers of any width, by their words. */
export class IntegerExtreme implements Accumulating {
  readonly #sign: number;
  readonly #width: number;
  readonly #best = new WordsByGroup();

  constructor(sign: number, width: number) {
    this.#sign = sign;
    this.#width = width;
  }

  get usedBytes(): number {
    return this.#best.usedBytes;
  }

  add(groups: Uint32Array, count: number, column: Column | undefined, rows: Uint32Array): void {
    const { lows, highs, seen } = this.#best.reserve(count);
    const { low, high } = wordsOf(column as FixedColumn);
    for (let i = 0; i < groups.length; i++) {
      if (isNull(column as Column, rows[i])) continue;
      const group = groups[i];
      const order = high(rows[i]) - highs[group] || (low(rows[i]) >>> 0) - lows[group];
      if (seen[group] === 1 && this.#sign * order >= 0) continue;
      lows[group] = low(rows[i]) >>> 0;
      highs[group] = high(rows[i]);
      seen[group] = 1;
    }
  }

  column(count: number): Column {
    const data = new Uint8Array(count * this.#width);
    const view = new DataView(data.buffer);
    const { lows, highs, seen } = this.#best.reserve(count);
    for (let group = 0; group < count; group++) {
      if (this.#width === 8) view.setInt32(8 * group + 4, highs[group], true);
      if (this.#width >= 4) view.setUint32(this.#width * group, lows[group], true);
      else if (this.#width === 2) view.setUint16(2 * group, lows[group], true);
      else view.setUint8(group, lows[group]);
    }
    return { kind: "fixed", width: this.#width, data, validity: seen.slice(0, count) };
  }
}

/** Likewise, of texts, by their bytes. */
export class TextExtreme implements Accumulating {
  readonly #sign: number;
  readonly #texts: (Uint8Array | undefined)[] = [];
  #bytes = 0;

  constructor(sign: number) {
    this.#sign = sign;
  }

  get usedBytes(): number {
    return this.#bytes + 64 * this.#texts.length;
  }

  add(groups: Uint32Array, _count: number, column: Column | undefined, rows: Uint32Array): void {
    const texts = column as VarColumn;
    for (let i = 0; i < groups.length; i++) {
      if (isNull(texts, rows[i])) continue;
      const [from, to] = [texts.offsets[rows[i]], texts.offsets[rows[i] + 1]];
      const best = this.#texts[groups[i]];
      if (best && this.#sign * compareBytes(texts.data, from, to, best) >= 0) continue;
      this.#bytes += to - from - (best?.length ?? 0);
      this.#texts[groups[i]] = varValue(texts, rows[i]).slice();
    }
  }

  column(count: number): Column {
    const offsets = new Uint32Array(count + 1);
    for (let group = 0; group < count; group++) offsets[group + 1] = offsets[group] + (this.#texts[group]?.length ?? 0);
    const data = new Uint8Array(offsets[count]);
    for (let group = 0; group < count; group++) data.set(this.#texts[group] ?? [], offsets[group]);
    const validity = Uint8Array.from({ length: count }, (_, group) => Number(this.#texts[group] !== undefined));
    return { kind: "var", offsets, data, validity };
  }
}
