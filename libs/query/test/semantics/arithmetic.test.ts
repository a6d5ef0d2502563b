import { describe, expect, test } from "@jest/globals";
import { refusal, select, truth } from "../collection.ts";

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

/** Truth per row, as `TFU`. */
type Case = [text: string, truths: string];

describe("§2.12 arithmetic", () => {
  const rows = [MIN, -7n, 0n, 7n, MAX].map((i64) => ({ i64 }));
  test.each<Case>([
    ["i64 + 33 <= 19974", "TTTTF"], // Exact: no wrap-around.
    ["i64 - 1 < -9223372036854775808", "TFFFF"],
    ["i64 * 2 > 9223372036854775807", "FFFFT"],
    ["i64 * -1 > 9223372036854775807", "TFFFF"],
    ["i64 * 0 == 0", "TTTTT"],
    ["i64 * 2 == 7", "FFFFF"],
    ["i64 * 2 == 14", "FFFTF"],
    ["i64 / 2 == 3", "FFFTF"],
    ["i64 / 2 == -3", "FTFFF"],
    ["i64 / -2 == 3", "FTFFF"],
    ["i64 / 8 == 0", "FTTTF"],
    ["i64 / -1 > 9223372036854775807", "TFFFF"],
    ["i64 % 4 == 3", "FFFTT"],
    ["i64 % 4 == -3", "FTFFF"],
    ["i64 % -4 == 3", "FFFTT"],
    ["i64 % 9223372036854775807 == 0", "FFTFT"],
    ["i64 % 1 == 0", "TTTTT"],
    ["i64 & 1 == 1", ""],
    ["(i64 & 1) == 1", "FTFTT"],
    ["(i64 | 1) == 7", "FFFTF"],
    ["(i64 ^ 7) == 0", "FFFTF"],
    ["(i64 & -9223372036854775808) != 0", "TTFFF"],
    ["~i64 == 6", "FTFFF"],
    ["~i64 > 0", "TTFFF"],
    ["i64 << 2 == 28", "FFFTF"],
    ["i64 << 1 > 9223372036854775807", "FFFFT"],
    ["i64 >> 1 == -4", "FTFFF"],
    ["i64 >> 63 == -1", "TTFFF"],
    ["1 + i64 == 8", "FFFTF"],
    ["2 * i64 == 14", "FFFTF"],
    ["8 == i64 + 1", "FFFTF"],
    ["i64 + 1 != 8", "TTTFT"],
    ["i64 + 1 >= -9223372036854775808", "TTTTT"],
  ])("Int64: %s", (text, truths) => {
    if (truths === "") expect(refusal(text)).toBeDefined();
    else expect(truth(text, rows)).toBe(truths);
  });

  test.each<Case>([
    ["i8 * 2 == 254", "T"],
    ["i8 % 10 == 7", "T"],
    ["i8 + 200 == 327", "T"],
    ["f + 0.2 == 0.3", "T"],
    ["f + 0.2 > 0.3", "F"],
    ["f * 10 == 1", "T"],
    ["f / 2 == 0.05", "T"],
    ["d + 0.2 == 0.3", "F"],
    ["d - 0.1 == 0", "T"],
    ["d / 3 < 0.04", "T"],
    ["d * 1 == 0.1", "T"],
  ])("others: %s", (text, truths) => {
    expect(truth(text, [{ i8: 127, f: 0.1, d: 0.1 }])).toBe(truths);
  });

  test.each<Case>([
    ["j['i'] + 1 == 9007199254740994", "T"],
    ["j['i'] + 1 == 9007199254740993", "F"],
    ["j['h'] / 2 == 1", "T"],
    ["j['h'] / 2 == 1.5", "T"],
    ["j['h'] / 2.0 == 1.5", "T"],
    ["j['h'] % 2 == 1", "T"],
    ["j['x'] % 2 == 1.5", "T"],
    ["j['x'] + 1 == 4.5", "T"],
    ["(j['h'] & 1) == 1", "T"],
    ["(j['x'] & 1) == 1", "U"],
    ["j['s'] + 1 == 1", "U"],
    ["j['none'] + 1 == 1", "U"],
    ["none + 1 == 1", "U"],
  ])("JSON: %s", (text, truths) => {
    expect(truth(text, [{ j: '{"i":9007199254740993,"h":3,"x":3.5,"s":"a"}', $meta: "{}" }])).toBe(truths);
  });

  test.each<[text: string, cause: string]>([
    ["i64 + 1.5 == 2", "'add' cannot perform arithmetic between Int64 field and Double at column 0"],
    ["i64 + 1 == 2.5", "cannot cast value to Int64, value: float_val:2.5 at column 11"],
    ["i64 + 1 == 'a'", "comparisons between Int64 and VarChar are not supported at column 11"],
    ["d % 2 == 1", "modulo can only apply on integer types at column 0"],
    ["(d & 1) == 1", "bitwise operations can only apply on integer types at column 0"],
    ["(j['a'] & 1.5) == 1", "bitwise operations can only apply on integer types at column 0"],
    ["i64 / 0 == 1", "division or modulus by zero at column 0"],
    ["i64 % 0 == 1", "division or modulus by zero at column 0"],
    ["d / 0.0 == 1", "division or modulus by zero at column 0"],
    ["f / 1e-60 == 1", "division or modulus by zero at column 0"],
    ["1 / 0 == i64", "cannot divide by zero at column 0"],
    ["i64 << 64 == 1", "shift amount must be in range [0, 64), got 64 at column 0"],
    ["1 << -1 == i64", "shift amount must be in range [0, 64), got -1 at column 0"],
    ["i64 + other == 1", "not supported to do arithmetic operations between multiple fields at column 0"],
    ["i64 + 1 == other", "not supported to do arithmetic operations between multiple fields at column 0"],
    ["i64 + 1 + 2 == 1", "complicated arithmetic operations are not supported at column 0"],
    ["1 - i64 == 1", "module field is not yet supported at column 0"],
    ["1 / i64 == 1", "module field is not yet supported at column 0"],
    ["1 % i64 == 1", "module field is not yet supported at column 0"],
    ["i64 ** 2 == 1", "power can only apply on constants at column 0"],
    ["s + 1 == 1", "'add' cannot perform arithmetic between VarChar field and Int64 at column 0"],
    ["s + 'a' == 'ba'", "'add' cannot perform arithmetic between VarChar field and VarChar at column 0"],
    ["ai + 1 == 2", "'add' cannot perform arithmetic between Array field and Int64 at column 0"],
    ["'a' + 'b' == s", "add cannot apply on string field at column 0"],
    ["true + 1 == 2", "add cannot apply on bool field at column 0"],
    ["9223372036854775807 + 1 == i64", "int64 overflow at column 0"],
    ["1.5 % 2 == 1", "modulo can only apply on integer types at column 0"],
    ["-i64 == 1", "unary operators can only apply on constants: -i64 at column 0"],
    ["-'a' == s", "subtract cannot apply on string field at column 0"],
    ["(i64 == 1) == true", "comparisons on boolean expressions are not supported: (i64 == 1) == true at column 0"],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });

  test.each<[text: string, isTrue: boolean]>([
    ["7 / 2 == 3", true],
    ["-7 / 2 == -3", true],
    ["7 / 2.0 == 3.5", true],
    ["-7 % 3 == -1", true],
    ["2 ** 10 == 1024", true],
    ["2 ** 63 > 9223372036854775807", true],
    ["(-2) ** 63 == -9223372036854775808", true],
    ["(-1) ** 999999999999 == -1", true],
    ["2 ** -1 == 0.5", true],
    ["1 << 62 == 4611686018427387904", true],
    ["6 & 3 == 2", false],
    ["(6 & 3) == 2", true],
    ["(6 | 1) ^ 1 == 1", false],
    ["'a' < 'b'", true],
    ["1 == 1.0", true],
    ["true == true", true],
    ["true != true", false],
  ])("constants: %s", (text, isTrue) => {
    if (/^(6 &|\(6 \|)/.test(text)) expect(refusal(text)).toBeDefined();
    else expect(select(text, [{}])).toEqual(isTrue ? [0] : []);
  });
});
