import { describe, expect, it } from "@jest/globals";
import { takeMemory } from "@sluice/async";
import fc from "fast-check";
import { placeTexts, type TextRoom, takeNumberedTexts, takePlainTexts, writePlainTexts } from "../src/index.ts";

// Each function beside what it means, said in a line; nothing beside its target is written.

const SIZE = 1 << 15;
/** Around what is written to. */
const [AROUND, FILLED] = [40, 0xee];
const [input, output, list, offsetBytes, others] = Array.from({ length: 5 }, () => takeMemory(SIZE));
const values = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 40, size: "max" });

function wordsIn(memory: Uint8Array<ArrayBuffer>, given: readonly number[] = []): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, SIZE / 4);
  words.set(given);
  return words;
}

/** Room of so many bytes for values, of which some are there. */
function roomOf(there: readonly Uint8Array[], bytes: number, softLimit = Number.POSITIVE_INFINITY): TextRoom {
  output.fill(FILLED);
  const data = output.subarray(AROUND, AROUND + bytes);
  data.set(Buffer.concat(there));
  return { data, offsets: wordsIn(offsetBytes, endsOf(there)), count: there.length, softLimit };
}

function endsOf(texts: readonly Uint8Array[]): number[] {
  let end = 0;
  return [0, ...texts.map(({ length }) => (end += length))];
}

function valuesIn({ data, offsets }: TextRoom, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => data.slice(offsets[i], offsets[i + 1]));
}

/** How many of the values are taken until there is no room, or enough. */
function takenOf(there: readonly Uint8Array[], more: readonly Uint8Array[], room: number, soft: number): number {
  let filled = endsOf(there).at(-1) ?? 0;
  const end = more.findIndex(({ length }) => filled >= soft || (filled += length) > room);
  return end < 0 ? more.length : end;
}

function expectNothingBeside(bytes: number): void {
  expect(output.subarray(0, AROUND).every((byte) => byte === FILLED)).toBe(true);
  expect(output.subarray(AROUND + bytes, bytes + 3 * AROUND).every((byte) => byte === FILLED)).toBe(true);
}

function plainOf(texts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(texts.flatMap((text) => [Uint8Array.of(text.length, 0, 0, 0), text]));
}

const filling = fc.record({ there: values, more: values, spare: fc.nat(3000), soft: fc.nat(4000), limit: fc.nat(50) });

describe("values of any length in the thread's arena", () => {
  it("are taken in PLAIN encoding as long as one is whole, has room, and is wanted", () => {
    const property = fc.property(filling, fc.nat(80), ({ there, more, spare, soft, limit }, cut) => {
      const room = (endsOf(there).at(-1) ?? 0) + spare;
      const page = plainOf(more);
      input.fill(0xcc).set(page, 3);
      const end = Math.max(0, page.length - cut);
      const ends = endsOf(more);
      const whole = more.filter((_, i) => ends[i + 1] + 4 * (i + 1) <= end).slice(0, limit);
      const to = roomOf(there, room, soft);
      const taken = takePlainTexts(input, 3, 3 + end, limit, to);
      expect(taken).toBe(takenOf(there, whole, room, soft));
      expect(valuesIn(to, there.length + taken)).toEqual([...there, ...more.slice(0, taken)]);
      expectNothingBeside(room);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("end before a length that reaches beyond the page, whatever it is", () => {
    for (const length of [9, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff]) {
      new DataView(input.buffer, input.byteOffset).setUint32(0, length, true);
      expect(takePlainTexts(input, 0, 12, 5, roomOf([], 1000))).toBe(0);
    }
  });

  it("are taken by their numbers", () => {
    const property = fc.property(filling, fc.array(fc.nat(), { maxLength: 60 }), (rooms, picks) => {
      const { there, more: all, spare, soft } = rooms;
      const numbers = Int32Array.from(all.length === 0 ? [] : picks.map((pick) => pick % all.length));
      const picked = [...numbers].map((number) => all[number]);
      const room = (endsOf(there).at(-1) ?? 0) + spare;
      others.fill(0xcc).set(Buffer.concat(all));
      const to = roomOf(there, room, soft);
      const taken = takeNumberedTexts(numbers, { data: others, offsets: wordsIn(list, endsOf(all)) }, to);
      expect(taken).toBe(takenOf(there, picked, room, soft));
      expect(valuesIn(to, there.length + taken)).toEqual([...there, ...picked.slice(0, taken)]);
      expectNothingBeside(room);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("are placed one behind the other, and written in PLAIN encoding", () => {
    const property = fc.property(values, fc.nat(10), (texts, from) => {
      const bytes = Buffer.concat(texts);
      others.fill(0xcc).set(bytes);
      const backwards = texts.toReversed();
      const froms = wordsIn(list, endsOf(texts).slice(0, -1).toReversed()).subarray(0, texts.length);
      const to = roomOf([], bytes.length);
      to.offsets.set(endsOf(backwards));
      expect(placeTexts(others, froms, to.offsets, to.data)).toBe(true);
      expect(valuesIn(to, texts.length)).toEqual(backwards);
      expectNothingBeside(bytes.length);

      const rows = texts.slice(from);
      const plain = roomOf([], plainOf(rows).length).data;
      const offsets = wordsIn(list, endsOf(texts));
      const [first, last] = [Math.min(from, texts.length), texts.length];
      expect(writePlainTexts({ data: others, offsets }, first, last, plain)).toBe(true);
      expect(Buffer.from(plain)).toEqual(plainOf(rows));
      expectNothingBeside(plain.length);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("are left alone elsewhere", () => {
    const [data, offsets] = [new Uint8Array(8), new Uint32Array(3)];
    const to = { data, offsets, count: 0, softLimit: 8 };
    expect(takePlainTexts(input, 0, 8, 1, to)).toBe(0);
    expect(takeNumberedTexts(Int32Array.of(0), { data, offsets }, to)).toBe(0);
    expect(placeTexts(data, new Uint32Array(0), offsets, data)).toBe(false);
    expect(writePlainTexts(to, 0, 1, data)).toBe(false);
  });
});
