import { Damage } from "@sluice/parquet";

/** First words. Source: RoaringFormatSpec, the 32-bit layout. */
const PLAIN = 12346;
const WITH_RUNS = 12347;
const ARRAY_MOST = 4096;
const BITMAP_BYTES = 8192;
/** Without offsets where there are runs and so few containers. */
const NO_OFFSETS_BELOW = 4;

/** Numbers that have the upper sixteen bits in common. */
interface Container {
  readonly high: number;
  readonly count: number;
  readonly kind: "array" | "bitmap" | "runs";
  /** As they stand. */
  readonly view: DataView;
}

/** A set of 32-bit numbers, as it is written: what is asked for is looked up there. */
export class RoaringBitmap {
  readonly #containers: readonly Container[];
  readonly count: number;

  /** @throws {Damage} */
  constructor(bytes: Uint8Array) {
    this.#containers = parseContainers(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.count = this.#containers.reduce((sum, { count }) => sum + count, 0);
  }

  /** Calls `mark` with each number of `[begin, end)` that is in it. */
  each(begin: number, end: number, mark: (number: number) => void): void {
    for (const { high, kind, view } of this.#containers) {
      const base = high * 65536;
      if (base + 65536 <= begin || base >= end) continue;
      const inside = (low: number) => {
        if (base + low >= begin && base + low < end) mark(base + low);
      };
      if (kind === "array") for (let at = 0; at < view.byteLength; at += 2) inside(view.getUint16(at, true));
      else if (kind === "runs") eachOfRuns(view, inside);
      else for (let low = 0; low < 65536; low++) if ((view.getUint8(low >> 3) >> (low & 7)) & 1) inside(low);
    }
  }
}

function eachOfRuns(view: DataView, inside: (low: number) => void): void {
  for (let at = 0; at < view.byteLength; at += 4) {
    const first = view.getUint16(at, true);
    const last = Math.min(65535, first + view.getUint16(at + 2, true));
    for (let low = first; low <= last; low++) inside(low);
  }
}

function parseContainers(view: DataView): Container[] {
  try {
    return containersOf(view);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Damage("a bitmap of deleted rows is cut short");
  }
}

function containersOf(view: DataView): Container[] {
  const first = view.getUint32(0, true);
  const isRunned = (first & 0xffff) === WITH_RUNS;
  if (!isRunned && first !== PLAIN) throw new Damage("a bitmap of deleted rows has no mark");
  const count = isRunned ? (first >>> 16) + 1 : view.getUint32(4, true);
  const flagsAt = isRunned ? 4 : 8;
  const keysAt = flagsAt + (isRunned ? Math.ceil(count / 8) : 0);
  if (count > 65536) throw new Damage(`a bitmap of deleted rows has ${count} parts`);
  let at = keysAt + 4 * count + (isRunned && count < NO_OFFSETS_BELOW ? 0 : 4 * count);
  return Array.from({ length: count }, (_, i): Container => {
    const [high, members] = [view.getUint16(keysAt + 4 * i, true), view.getUint16(keysAt + 4 * i + 2, true) + 1];
    const hasRuns = isRunned && ((view.getUint8(flagsAt + (i >> 3)) >> (i & 7)) & 1) === 1;
    const kind = hasRuns ? "runs" : members <= ARRAY_MOST ? "array" : "bitmap";
    if (hasRuns) at += 2;
    const bytes = hasRuns ? 4 * view.getUint16(at - 2, true) : kind === "array" ? 2 * members : BITMAP_BYTES;
    at += bytes;
    return {
      high,
      count: members,
      kind,
      view: new DataView(view.buffer, view.byteOffset + at - bytes, lengthIn(view, at, bytes)),
    };
  });
}

/** @throws {RangeError} */
function lengthIn(view: DataView, end: number, bytes: number): number {
  if (end > view.byteLength) throw new RangeError();
  return bytes;
}
