import { describe, expect, it, test } from "@jest/globals";
import type { CollectionSchema } from "@sluice/schema";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { randomNumber, randomScoreOf } from "../src/search/random-score.ts";

// Numbers from Milvus's hash of a key and a seed (rescores/Murmur3.c), run in C.
const drawn: readonly [key: bigint, seed: bigint, number: number][] = [
  [0n, 0n, 0.819323063],
  [0n, 126n, 0.176596493],
  [1n, 0n, 0.858357668],
  [1n, 126n, 0.0332385376],
  [42n, -5n, 0.703000724],
  [42n, 2n ** 63n - 1n, 0.355229288],
  [-1n, 126n, 0.412605256],
  [9007199254740993n, 0n, 0.340147585],
  [-(2n ** 63n), -5n, 0.834535062],
];

test.each(drawn)("the number of key %s with the seed %s is %s, as in Milvus", (key, seed, number) => {
  expect(randomNumber(key, seed)).toBe(Math.fround(number));
});

describe("random_score", () => {
  const schema: CollectionSchema = collection([
    field("id", DataType.Int64, { isPrimaryKey: true }),
    field("name", DataType.VarChar, { maxLength: 9 }),
  ]);

  it("names a seed of 64 bits and a field of integers", () => {
    expect(randomScoreOf('{"seed": 9007199254740993, "field": "id"}', schema)).toEqual({
      ...{ seed: 9007199254740993n, field: 0 },
    });
  });

  it("without a seed draws one", () => {
    const [one, two] = [randomScoreOf("{}", schema), randomScoreOf("{}", schema)];
    expect([one.field, typeof one.seed]).toEqual([undefined, "bigint"]);
    expect(one.seed).not.toBe(two.seed);
  });

  test.each([
    ["[1]", "random_score is no JSON object: [1]"],
    ["{", "random_score is no JSON object: {"],
    ['{"seed": "1"}', "random seed must be number"],
    ['{"seed": 1.5}', "random seed must be an integer of 64 bits, but got 1.5"],
    ['{"seed": 9223372036854775808}', "random seed must be an integer of 64 bits, but got 9223372036854775808"],
    ['{"field": 1}', "random seed field name must be string"],
    ['{"field": "nope"}', "random seed field not found: field not found[field=nope]"],
    ['{"field": "name"}', "only support int64 field as random seed, but got VarChar"],
    ['{"sead": 1}', "random_score has no parameter sead: give seed, field or none"],
  ])("%s is refused", (text, reason) => {
    expect(() => randomScoreOf(text, schema)).toThrow(reason);
  });
});
