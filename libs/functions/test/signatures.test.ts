import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import type { FixedColumn } from "@sluice/columns";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import fc from "fast-check";
import { analyzerOf, FunctionOutputs, minHashParams, tokensOf } from "../src/index.ts";
import { mersenneTwister64 } from "../src/minhash/mt19937-64.ts";

type Params = Readonly<Record<string, string>>;

/** The signatures of texts; null: no text. */
function signatures(texts: readonly (string | null)[], params: Params, hashes = 4): Buffer[] {
  const { outputs, batch } = given(texts, params, hashes);
  const { data } = outputs.fill(batch).columns[1] as FixedColumn;
  return texts.map((_, row) => Buffer.from(data.slice(4 * hashes * row, 4 * hashes * (row + 1))));
}

function given(texts: readonly (string | null)[], params: Params, hashes: number) {
  const text = field("text", DataType.VarChar, { fieldId: 101, nullable: true });
  const output = field("sign", DataType.BinaryVector, { fieldId: 102, dim: 32 * hashes, isFunctionOutput: true });
  const minHash = { name: "f", type: "minhash" as const, inputId: 101, outputId: 102, params };
  const outputs = new FunctionOutputs(collection([text, output], { functions: [minHash] }));
  const cells = texts.map((one) => Buffer.from(one ?? ""));
  const offsets = Uint32Array.from([0, ...cells].map((_, i) => cells.slice(0, i).reduce((sum, { length }) => sum + length, 0))); // biome-ignore format: short
  const validity = Uint8Array.from(texts, (one) => (one === null ? 0 : 1));
  const column = { kind: "var" as const, offsets, data: Buffer.concat(cells), validity };
  return { outputs, batch: { rowCount: texts.length, columns: [column, undefined], sourceBytes: 0 } };
}

it("what takes long lets others in, and gives the same", async () => {
  const texts = ["some text ".repeat(5000), null, "", "other text "];
  const { outputs, batch } = given(texts, { token_level: "char" }, 1024);
  let others = 0;
  const other = () => {
    others++;
    next = setImmediate(other);
  };
  let next = setImmediate(other);
  const inTurns = await outputs.fillInTurns(batch);
  clearImmediate(next);
  expect(others).toBeGreaterThanOrEqual(5);
  expect(inTurns).toEqual(outputs.fill(batch));
});

const hexOf = (text: string | null, params: Params) => signatures([text], params)[0].toString("hex");

describe("signatures", () => {
  // Worked out from the rules of around-import §4.9.
  it.each<[Params, string]>([
    [{ token_level: "char" }, "66c51a6a7173b72c096e34100d942615"],
    [{ token_level: "word" }, "c036936063e04c19ebd5592ce0d72d67"],
    [{ token_level: "char", hash_function: "sha1" }, "400258235488ac06844c162633499c03"],
  ])("of hello world with %j", (params, hex) => {
    expect(hexOf("hello world", params)).toBe(hex);
  });

  it("their permutations come from the Mersenne Twister", () => {
    const [a, b] = mersenneTwister64(1234n, 2);
    const prime = (1n << 61n) - 1n;
    expect([(a % (prime - 1n)) + 1n, b % prime]).toEqual([1332438145594475823n, 963351229459618018n]);
    // Of C++'s std::mt19937_64 with its own seed, the 10,000th number.
    expect(mersenneTwister64(5489n, 10_000).at(-1)).toBe(9981545732273789042n);
  });

  it("without shingles, and of no text, all ones", () => {
    for (const text of ["", null]) expect(hexOf(text, { token_level: "char" })).toBe("ff".repeat(16));
    expect(hexOf(" - ", {})).toBe("ff".repeat(16));
  });

  it("are alike as sets are: order and repetition of shingles do not count", () => {
    const params = { shingle_size: "1" };
    expect(hexOf("b a b c a", params)).toBe(hexOf("c a b", params));
    expect(hexOf("a b", params)).not.toBe(hexOf("a c", params));
  });

  it("by SHA-1 those of a plain computation, of words as of bytes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", maxLength: 90 })),
        fc.integer({ min: 1, max: 70 }),
        (texts, size) => {
          for (const level of ["char", "word"]) {
            const params = { token_level: level, shingle_size: String(size), hash_function: "sha1", seed: "7" };
            expect(signatures(texts, params, 3)).toEqual(texts.map((text) => plain(text, level, size, 3)));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each<[Params, number, string]>([
    [{ num_hashes: "3" }, 128, "must be 32 * num_hashes: dim is 128, num_hashes 3"],
    [{}, 40, "must be 32 * num_hashes: dim is 40, num_hashes 1"],
    [{ shingle_size: "0" }, 128, "shingle_size of a MinHash function must be an integer from 1 to"],
    [{ token_level: "line" }, 128, "token_level of a MinHash function must be word or char, found line"],
    [{ hash_function: "md5" }, 128, "hash_function of a MinHash function must be xxhash64 or sha1, found md5"],
    [{ size: "3" }, 128, "unknown parameter size of a MinHash function"],
  ])("refuses %j", (params, dim, refusal) => {
    expect(() => minHashParams(params, dim)).toThrow(refusal);
  });
});

/** The same in whole numbers. */
function plain(text: string, level: string, size: number, hashes: number): Buffer {
  const prime = (1n << 61n) - 1n;
  const numbers = mersenneTwister64(7n, 2 * hashes);
  const units = level === "char" ? [...Buffer.from(text)].map((byte) => Buffer.of(byte)) : tokensOf(analyzerOf(""), text).map((token) => Buffer.from(token.text)); // biome-ignore format: short
  const count = units.length === 0 ? 0 : Math.max(1, units.length - size + 1);
  const shingles = Array.from({ length: count }, (_, i) => Buffer.concat(units.slice(i, i + size)));
  const signature = Buffer.alloc(4 * hashes, 0xff);
  for (const shingle of shingles) {
    const h = BigInt.asUintN(64, BigInt(createHash("sha1").update(shingle).digest().readInt32LE(0)));
    for (let i = 0; i < hashes; i++) {
      const [a, b] = [(numbers[2 * i] % (prime - 1n)) + 1n, numbers[2 * i + 1] % prime];
      let t = BigInt.asUintN(64, a * h + b);
      t = (t & prime) + (t >> 61n);
      if (t >= prime) t -= prime;
      const value = Number(t & 0xffffffffn);
      if (value < signature.readUInt32LE(4 * i)) signature.writeUInt32LE(value, 4 * i);
    }
  }
  return signature;
}
