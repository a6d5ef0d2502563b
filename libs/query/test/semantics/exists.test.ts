import { describe, expect, test } from "@jest/globals";
import { refusal, truth } from "../collection.ts";

/** Truth per row, as `TFU`. */
type Case = [text: string, truths: string];

describe("§2.6 exists, is null", () => {
  const rows = [
    '{"a":1}',
    '{"a":null}',
    '{"a":{}}',
    '{"a":[]}',
    '{"a":[null,{"b":[{}]}]}',
    '{"a":0}',
    '{"a":""}',
    '{"a":false}',
    "{}",
    "null",
    '{"a":{"b":"x"}}',
  ].map((j) => ({ j }));
  test.each<Case>([
    ["exists j['a']", "TFFFFTTTFFTF"],
    ["j['a'] is not null", "TFFFFTTTFFTF"],
    ["j['a'] is null", "FTTTTFFFTTFT"],
    ["j is null", "FFFFFFFFFFFT"],
    ["j is not null", "TTTTTTTTTTTF"],
    ["exists(j['a'])", "TFFFFTTTFFTF"],
    ["EXISTS j['a']['b']", "FFFFFFFFFFTF"],
    ["i64 is null", "TTTTTTTTTTTT"],
    ["plain is null", "FFFFFFFFFFFF"],
    ["plain is not null", "TTTTTTTTTTTT"],
    ["ai is null", "TTTTTTTTTTTT"],
    ["prose is not null", "FFFFFFFFFFFF"],
  ])("%s", (text, truths) => {
    expect(truth(text, [...rows, {}])).toBe(truths);
  });

  test.each<[text: string, cause: string]>([
    ["ai[0] is null", "IsNull/IsNotNull operations are not supported on array element access, got: ai[0] at column 0"],
    ["vec is not null", "IsNull/IsNotNull operations are not supported on vector fields at column 0"],
    ["exists s", "exists operations are only supportted on json field, got:VarChar at column 0"],
    ["exists ai[0]", "exists operations are only supportted on json field, got:Array at column 0"],
    ["exists j", "exists operations are only supportted on json key at column 0"],
    ["exists 1", "exists operations are only supportted on json field, got:Int64 at column 0"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });
});
