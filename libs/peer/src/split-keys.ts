import { DataType, type FieldSchema, type KeyRange } from "@sluice/schema";

/** A part has so many rows more or less than its share; to be more exact costs the peer more counts. */
const TOLERANCE = 0.1;
/** Counts that one border may cost. */
const MAX_COUNTS = 160;

/** A range of keys with its rows. */
export interface CountedRange {
  readonly keys: KeyRange;
  readonly rowCount: number;
}

/**
 * Ranges of keys with about as many rows each, none of them empty, found by asking how many keys are up to one: a Milvus says
 * neither quantiles nor the greatest key.
 * @param total rows of all keys
 * @param parts ranges, about
 * @param countUpTo rows whose keys are the given one, or before it
 */
export async function splitKeys(
  key: FieldSchema,
  total: number,
  parts: number,
  countUpTo: (key: string) => Promise<number>,
): Promise<CountedRange[]> {
  const space = key.dataType === DataType.Int64 ? new Int64Space() : new TextSpace();
  const known: Known[] = [
    { at: space.least, rows: 0 },
    { at: space.greatest, rows: total },
  ];
  const borders: Known[] = [];
  const slack = Math.max(1, (TOLERANCE * total) / parts);
  for (let part = 1; part < parts; part++) {
    const border = await findBorder(known, (total * part) / parts, slack, space, countUpTo);
    if (border && border.rows > (borders.at(-1)?.rows ?? 0) && border.rows < total) borders.push(border);
  }
  return rangesOf(borders, total, space);
}

/** A key and how many rows are up to it. */
interface Known {
  readonly at: bigint;
  readonly rows: number;
}

/** Halves the keys between two known ones until about `wanted` rows are before it; what was counted is used again. */
async function findBorder(
  known: Known[],
  wanted: number,
  slack: number,
  space: KeySpace,
  countUpTo: (key: string) => Promise<number>,
): Promise<Known | undefined> {
  for (let i = 0; i < MAX_COUNTS; i++) {
    const near = known.find(({ rows }) => Math.abs(rows - wanted) <= slack);
    if (near) return near;
    const above = known.findIndex(({ rows }) => rows > wanted);
    const [from, to] = [known[above - 1].at, known[above].at];
    if (to - from <= 1n) return known[above];
    const at = (from + to) >> 1n;
    known.splice(above, 0, { at, rows: await countUpTo(space.textOf(at)) });
  }
  return undefined;
}

function rangesOf(borders: readonly Known[], total: number, space: KeySpace): CountedRange[] {
  return Array.from({ length: borders.length + 1 }, (_, i) => {
    const [from, to] = [borders[i - 1], borders[i]];
    const keys = {
      ...(from && { after: space.textOf(from.at) }),
      ...(to && { upTo: space.textOf(to.at) }),
    };
    return { keys, rowCount: (to?.rows ?? total) - (from?.rows ?? 0) };
  });
}

/** Keys as integers of the same order. */
interface KeySpace {
  readonly least: bigint;
  readonly greatest: bigint;
  textOf(at: bigint): string;
}

class Int64Space implements KeySpace {
  readonly least = -(2n ** 63n);
  readonly greatest = 2n ** 63n - 1n;
  textOf(at: bigint): string {
    return String(at);
  }
}

/** Characters from blank to tilde, which every program sorts alike. */
const FIRST_CHARACTER = 0x20;
const CHARACTERS = 95n;
const LENGTH = 24;

/** Texts of up to 24 printable characters: not all keys are among them, but borders between any two that differ early. */
class TextSpace implements KeySpace {
  readonly least = 0n;
  readonly greatest = CHARACTERS ** BigInt(LENGTH) - 1n;
  textOf(at: bigint): string {
    let text = "";
    for (let i = 0, rest = at; i < LENGTH; i++, rest /= CHARACTERS)
      text = String.fromCharCode(FIRST_CHARACTER + Number(rest % CHARACTERS)) + text;
    return text;
  }
}
