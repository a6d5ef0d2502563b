import { describe, expect, it } from "@jest/globals";
import { Turns } from "@sluice/async";
import { compileFilter } from "@sluice/query";
import fc from "fast-check";
import { columnsOf, everyKind, type Row, select } from "./collection.ts";
import type { Leaf, Num, Tree, Tri, Value } from "./oracle.ts";
import * as oracle from "./oracle.ts";

const comparisons = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
const int64 = fc.oneof(
  fc.bigInt({ min: -5n, max: 5n }),
  fc.constantFrom(
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 53n,
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    2n ** 32n,
    2n ** 31n,
    -1n - 2n ** 31n,
    2n ** 32n - 1n,
    -(2n ** 32n),
  ),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const small = (bits: number) =>
  fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom(2 ** (bits - 1) - 1, -(2 ** (bits - 1))),
    fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }),
  );
const double = fc.oneof(
  fc.constantFrom(0, -0, 0.1, 0.5, 1, -1.5, 2, 3, 1e300, -1e-300, 5e-324, 2 ** 53, 0.30000000000000004),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
);
const single = fc
  .oneof(fc.constantFrom(0, 0.5, 1, 2, 3, -1.5), fc.float({ noNaN: true, noDefaultInfinity: true }))
  .map(Math.fround);
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom("a", "b", "%", "_", "\\", "é", "\uFFFD", "\u{1F600}", "'", '"', "\n"),
    maxLength: 4,
  }),
  fc.constantFrom("", "ab", "a%b"),
);
const num: fc.Arbitrary<Num> = fc.oneof(
  int64.map((int) => ({ int })),
  double.map((value) => ({ double: value })),
  fc.bigInt({ min: 2n ** 63n, max: 2n ** 66n }).map((int) => ({ int })),
);
const literalNum: fc.Arbitrary<Num> = fc.oneof(
  int64.map((int) => ({ int })),
  double.map((value) => ({ double: value })),
);
const scalarValue: fc.Arbitrary<Value> = fc.oneof(num, text, fc.boolean(), fc.constant(null));
const keys = fc.constantFrom("a", "b", "0", "é");
const { json } = fc.letrec<{ json: Value }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalarValue,
    fc.array(tie("json"), { maxLength: 3 }),
    fc.array(fc.tuple(keys, tie("json")), { maxLength: 4 }).map((members) => ({ members })),
  ),
}));
const document = fc.array(fc.tuple(keys, json), { maxLength: 4 }).map((members): Value => ({ members }));
const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 4, nil: null });

const rowValues = fc.record({
  id: int64,
  flag: nullable(fc.boolean()),
  i8: nullable(small(8)),
  i16: nullable(small(16)),
  i32: nullable(small(32)),
  i64: nullable(int64),
  other: nullable(int64),
  f: nullable(single),
  d: nullable(double),
  s: nullable(text),
  t: nullable(text),
  plain: int64,
  document: nullable(document),
  meta: document,
  ai: nullable(fc.array(small(32), { maxLength: 3 })),
  al: nullable(fc.array(int64, { maxLength: 3 })),
  af: nullable(fc.array(single, { maxLength: 3 })),
  as: nullable(fc.array(text, { maxLength: 3 })),
});
const rows = fc.array(
  rowValues.map(
    (row): Row => ({
      ...row,
      j: row.document === null ? null : oracle.jsonText(row.document),
      $meta: oracle.jsonText(row.meta),
    }),
  ),
  { minLength: 1, maxLength: 12 },
);

const quote = (value: string) => `"${value.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`;
const numText = (value: Num) => oracle.numberText(value);
const literalText = (value: Value): string => {
  if (typeof value === "string") return quote(value);
  return Array.isArray(value)
    ? `[${value.map(literalText).join(", ")}]`
    : typeof value === "boolean"
      ? String(value)
      : numText(value as Num);
};
const leaf = (source: string, test: Leaf): Tree => ({ text: source, leaf: test });
const mirrored: Record<string, string> = { "==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

/** How a kind of fields is read, which literals it takes and how it compares with them. */
interface Kind<T> {
  readonly fields: readonly string[];
  readonly literal: fc.Arbitrary<T>;
  readonly write: (value: T) => string;
  readonly order: (stored: never, literal: T) => number;
}
const integers: Kind<bigint> = {
  fields: ["i8", "i16", "i32", "i64", "id", "plain"],
  literal: int64,
  write: String,
  order: (stored: bigint | number, value) => oracle.order({ int: BigInt(stored) }, { int: value }),
};
const doubles: Kind<Num> = {
  fields: ["d"],
  literal: literalNum,
  write: numText,
  order: (stored: number, value) => stored - (value.double ?? Number(value.int)),
};
const singles: Kind<Num> = {
  ...doubles,
  fields: ["f"],
  order: (stored: number, value) => stored - Math.fround(value.double ?? Number(value.int)),
};
const strings: Kind<string> = { fields: ["s", "t"], literal: text, write: quote, order: oracle.orderText as never };
const bools: Kind<boolean> = {
  fields: ["flag"],
  literal: fc.boolean(),
  write: String,
  order: ((a: boolean, b: boolean) => Number(a) - Number(b)) as never,
};

const known = (row: Row, field: string, test: (value: never) => Tri): Tri =>
  row[field] === null || row[field] === undefined ? null : test(row[field] as never);

function scalarLeaves<T>(kind: Kind<T>): fc.Arbitrary<Tree>[] {
  const field = fc.constantFrom(...kind.fields);
  const compare = fc
    .tuple(field, comparisons, kind.literal, fc.boolean())
    .map(([name, op, value, swapped]) =>
      leaf(swapped ? `${kind.write(value)} ${mirrored[op]} ${name}` : `${name} ${op} ${kind.write(value)}`, (row) =>
        known(row, name, (stored) => oracle.holds(op, kind.order(stored, value))),
      ),
    );
  const member = fc
    .tuple(field, fc.array(kind.literal, { maxLength: 6 }), fc.boolean())
    .map(([name, list, negated]) =>
      leaf(`${name} ${negated ? "not in" : "in"} [${list.map(kind.write).join(", ")}]`, (row) =>
        known(row, name, (stored) => list.some((value) => kind.order(stored, value) === 0) !== negated),
      ),
    );
  const nullTest = fc
    .tuple(field, fc.boolean())
    .map(([name, negated]) =>
      leaf(`${name} is ${negated ? "not " : ""}null`, (row) => (row[name] === null) !== negated),
    );
  return [compare, member, nullTest];
}

function chain<T>(kind: Kind<T>, compareLiterals: (a: T, b: T) => number): fc.Arbitrary<Tree> {
  const sides = fc.tuple(fc.constantFrom("<", "<="), fc.constantFrom("<", "<="));
  return fc
    .tuple(fc.constantFrom(...kind.fields), kind.literal, kind.literal, sides, fc.boolean())
    .map(([name, a, b, [left, right], descending]) => {
      const [low, high] = compareLiterals(a, b) <= 0 ? [a, b] : [b, a];
      const [one, two] = compareLiterals(a, b) === 0 ? ["<=", "<="] : [left, right];
      const source = descending
        ? `${kind.write(high)} ${mirrored[two]} ${name} ${mirrored[one]} ${kind.write(low)}`
        : `${kind.write(low)} ${one} ${name} ${two} ${kind.write(high)}`;
      return leaf(source, (row) =>
        known(
          row,
          name,
          (stored) =>
            oracle.holds(mirrored[one], kind.order(stored, low)) && oracle.holds(two, kind.order(stored, high)),
        ),
      );
    });
}

const likes = fc
  .tuple(
    fc.constantFrom("s", "as[0]", 'j["a"]'),
    text.filter((pattern) => /^(?:\\\\|[^\\]|\\[^\\])*$/u.test(pattern)),
  )
  .map(([name, pattern]) =>
    leaf(`${name} like ${quote(pattern)}`, (row) => {
      const value =
        name === "s"
          ? row.s
          : name === "as[0]"
            ? (row.as as string[] | null)?.[0]
            : oracle.at(row.document as Value, ["a"]);
      return typeof value === "string" ? oracle.like(value, pattern) : null;
    }),
  );

const columnPairs = fc
  .tuple(
    fc.constantFrom("i8", "i32", "i64", "other", "plain", "f", "d"),
    comparisons,
    fc.constantFrom("i16", "i64", "other", "f", "d"),
  )
  .map(([a, op, b]) => {
    const read = (row: Row, name: string): Num =>
      name === "f" || name === "d" ? { double: row[name] as number } : { int: BigInt(row[name] as bigint) };
    return leaf(`${a} ${op} ${b}`, (row) =>
      row[a] === null || row[b] === null ? null : oracle.holds(op, oracle.order(read(row, a), read(row, b))),
    );
  });
const stringPairs = comparisons.map((op) =>
  leaf(`s ${op} t`, (row) =>
    row.s === null || row.t === null ? null : oracle.holds(op, oracle.orderText(row.s as string, row.t as string)),
  ),
);

const integerOps = fc.constantFrom("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>");
const integerOperand = (op: string) =>
  op === "<<" || op === ">>"
    ? fc.bigInt({ min: 0n, max: 63n })
    : op === "/" || op === "%"
      ? int64.filter((value) => value !== 0n)
      : int64;
const integerArithmetic = integerOps
  .chain((op) =>
    fc.tuple(
      fc.constant(op),
      fc.constantFrom("i8", "i32", "i64", "al[0]", "ai[1]"),
      integerOperand(op),
      comparisons,
      int64,
    ),
  )
  .map(([op, name, operand, cmp, value]) =>
    leaf(`(${name} ${op} ${operand}) ${cmp} ${value}`, (row) => {
      const element = /^(\w+)\[(\d)\]$/.exec(name);
      const stored = element
        ? (row[element[1]] as bigint[] | null)?.[Number(element[2])]
        : (row[name] as bigint | null);
      if (stored === null || stored === undefined) return null;
      return oracle.holds(
        cmp,
        oracle.order(oracle.arithmetic(op, { int: BigInt(stored) }, { int: operand }, true)!, { int: value }),
      );
    }),
  );
const floatArithmetic = fc
  .tuple(fc.constantFrom("+", "-", "*", "/"), fc.constantFrom("f", "d", "af[0]"), literalNum, comparisons, literalNum)
  .filter(([op, , operand]) => op !== "/" || Math.fround(operand.double ?? Number(operand.int)) !== 0)
  .map(([op, name, operand, cmp, value]) => {
    const round = name === "d" ? (x: number) => x : Math.fround;
    const plain = (x: Num) => round(x.double ?? Number(x.int));
    return leaf(`${name} ${op} ${numText(operand)} ${cmp} ${numText(value)}`, (row) => {
      const stored = name === "af[0]" ? (row.af as number[] | null)?.[0] : (row[name] as number | null);
      if (stored === null || stored === undefined) return null;
      const result = round(oracle.arithmetic(op, { double: stored }, { double: plain(operand) }, false)!.double!);
      return oracle.holdsForDoubles(cmp, result, plain(value));
    });
  });

/** Paths into the JSON field and into `$meta`: text and how to follow them. */
const path = fc.constantFrom<[string, string, (string | number)[]][]>(
  ['j["a"]', "document", ["a"]],
  ['j["a"][0]', "document", ["a", 0]],
  ['j["b"]["é"]', "document", ["b", "é"]],
  ["j[0]", "document", [0]],
  ["a", "meta", ["a"]],
  ['$meta["b"]["0"]', "meta", ["b", "0"]],
  ["j", "document", []],
);
const jsonLiteral: fc.Arbitrary<Value> = fc.oneof(
  literalNum,
  text,
  fc.boolean(),
  fc.array(fc.oneof(literalNum, text, fc.boolean()), { maxLength: 3 }),
);
const follow = (row: Row, root: string, steps: readonly (string | number)[], test: (value: Value) => Tri): Tri =>
  row[root] === null ? null : test(oracle.at(row[root] as Value, steps));

const jsonLeaves: fc.Arbitrary<Tree>[] = [
  fc
    .tuple(path, comparisons, jsonLiteral)
    .map(([[source, root, steps], op, value]) =>
      leaf(`${source} ${op} ${literalText(value)}`, (row) =>
        follow(row, root, steps, (found) => oracle.compareJson(found, op, value)),
      ),
    ),
  fc.tuple(path, fc.array(jsonLiteral, { maxLength: 4 }), fc.boolean()).map(([[source, root, steps], list, negated]) =>
    leaf(`${source} ${negated ? "not in" : "in"} ${literalText(list)}`, (row) =>
      follow(row, root, steps, (found) => {
        const each = list.map((value) => oracle.compareJson(found, "==", value));
        const any = each.includes(true) ? true : each.includes(null) ? null : false;
        return negated ? oracle.not(any) : any;
      }),
    ),
  ),
  fc
    .tuple(path, fc.boolean())
    .filter(([[, , steps]]) => steps.length > 0)
    .map(([[source, root, steps], negated]) =>
      leaf(
        `${negated ? `${source} is null` : `exists ${source}`}`,
        (row) => (row[root] !== null && oracle.isSomething(oracle.at(row[root] as Value, steps))) !== negated,
      ),
    ),
  fc
    .tuple(path, fc.constantFrom("any", "all"), fc.array(jsonLiteral, { maxLength: 3 }))
    .map(([[source, root, steps], mode, list]) =>
      leaf(`json_contains_${mode}(${source}, ${literalText(list)})`, (row) =>
        follow(row, root, steps, (found) => {
          if (!Array.isArray(found)) return null;
          const occurs = (value: Value) => found.some((item) => oracle.sameJson(item, value));
          return mode === "any" ? list.some(occurs) : list.every(occurs);
        }),
      ),
    ),
  fc
    .tuple(path, comparisons, fc.integer({ min: -1, max: 3 }))
    .map(([[source, root, steps], op, length]) =>
      leaf(`array_length(${source}) ${op} ${length}`, (row) =>
        follow(row, root, steps, (found) => (Array.isArray(found) ? oracle.holds(op, found.length - length) : null)),
      ),
    ),
  fc
    .tuple(path, fc.constantFrom("+", "-", "*", "/", "%"), literalNum, comparisons, literalNum)
    .filter(([, op, operand]) => (op !== "/" && op !== "%") || (operand.double ?? Number(operand.int)) !== 0)
    .map(([[source, root, steps], op, operand, cmp, value]) =>
      leaf(`${source} ${op} ${numText(operand)} ${cmp} ${numText(value)}`, (row) =>
        follow(row, root, steps, (found) => {
          if (!oracle.isNum(found)) return null;
          const exact = found.int !== undefined && operand.int !== undefined && value.int !== undefined;
          const result = oracle.arithmetic(op, found, operand, exact)!;
          if (exact) return oracle.holds(cmp, oracle.order(result, value));
          return oracle.holdsForDoubles(cmp, result.double!, value.double ?? Number(value.int));
        }),
      ),
    ),
];

const arrayLeaves: fc.Arbitrary<Tree>[] = [
  fc
    .tuple(
      fc.constantFrom("contains", "contains_any", "contains_all", "equals", "differs"),
      fc.constantFrom("ai", "al"),
      fc.array(int64, { minLength: 1, maxLength: 3 }),
    )
    .map(([mode, name, list]) => {
      const source =
        {
          equals: `${name} == [${list}]`,
          differs: `${name} != [${list}]`,
          contains: `array_contains(${name}, ${list[0]})`,
        }[mode as "equals"] ?? `array_${mode}(${name}, [${list}])`;
      return leaf(source, (row) =>
        known(row, name, (stored: (bigint | number)[]) => {
          const values = stored.map(BigInt);
          if (mode === "contains") return values.includes(list[0]);
          if (mode === "contains_any") return list.some((value) => values.includes(value));
          if (mode === "contains_all") return list.every((value) => values.includes(value));
          return (String(values) === String(list)) === (mode === "equals");
        }),
      );
    }),
  fc
    .tuple(fc.nat(3), comparisons, text)
    .map(([index, op, value]) =>
      leaf(`as[${index}] ${op} ${quote(value)}`, (row) =>
        known(row, "as", (stored: string[]) =>
          index < stored.length ? oracle.holds(op, oracle.orderText(stored[index], value)) : null,
        ),
      ),
    ),
  fc
    .tuple(fc.nat(3), fc.array(int64, { minLength: 1, maxLength: 3 }))
    .map(([index, list]) =>
      leaf(`al[${index}] in [${list}]`, (row) =>
        known(row, "al", (stored: bigint[]) => (index < stored.length ? list.includes(stored[index]) : null)),
      ),
    ),
  fc
    .tuple(fc.constantFrom("ai", "as"), comparisons, fc.nat(3))
    .map(([name, op, length]) =>
      leaf(`array_length(${name}) ${op} ${length}`, (row) =>
        known(row, name, (stored: unknown[]) => oracle.holds(op, stored.length - length)),
      ),
    ),
];

const constants = fc.boolean().map((value) => leaf(value ? "1 < 2" : "'a' == 'b'", () => value));
const anyLeaf = fc.oneof(
  ...scalarLeaves(integers),
  ...scalarLeaves(doubles),
  ...scalarLeaves(singles),
  ...scalarLeaves(strings),
  ...scalarLeaves(bools),
  chain(integers, (a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  chain(strings, oracle.orderText),
  chain(doubles, (a, b) => (a.double ?? Number(a.int)) - (b.double ?? Number(b.int)) || oracle.order(a, b)),
  likes,
  columnPairs,
  stringPairs,
  integerArithmetic,
  floatArithmetic,
  ...jsonLeaves,
  ...arrayLeaves,
  constants,
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    anyLeaf,
    fc.record({
      op: fc.constantFrom("and" as const, "or" as const),
      parts: fc.array(tie("tree"), { minLength: 2, maxLength: 4 }),
    }),
    fc.record({ not: tie("tree") }),
  ),
}));

const selected = (value: Tree, all: readonly Row[]) =>
  all.flatMap((row, i) => (oracle.evaluate(value, row) === true ? [i] : []));

describe("random expressions over random rows", () => {
  it("single predicates agree with the slow evaluator, and so do their negations", () => {
    fc.assert(
      fc.property(anyLeaf, rows, (one, all) => {
        const source = oracle.write(one, 1);
        expect([source, select(source, all)]).toEqual([source, selected(one, all)]);
        expect([source, select(`not (${source})`, all)]).toEqual([source, selected({ not: one }, all)]);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  it("trees agree with the slow evaluator", () => {
    fc.assert(
      fc.property(tree, rows, fc.nat(2), (value, all, style) => {
        const source = oracle.write(value, style);
        expect([source, select(source, all)]).toEqual([source, selected(value, all)]);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it("de Morgan holds with UNKNOWN", () => {
    fc.assert(
      fc.property(tree, tree, rows, (a, b, all) => {
        const [x, y] = [`(${oracle.write(a, 1)})`, `(${oracle.write(b, 1)})`];
        expect(select(`not (${x} and ${y})`, all)).toEqual(select(`(not (${x})) or (not (${y}))`, all));
        expect(select(`not (${x} or ${y})`, all)).toEqual(select(`(not (${x})) and (not (${y}))`, all));
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it("looks only at the rows within", () => {
    fc.assert(
      fc.property(tree, rows, fc.func(fc.boolean()), (value, all, choose) => {
        const within = Uint32Array.from(all.flatMap((_, i) => (choose(i) ? [i] : [])));
        const filter = compileFilter(oracle.write(value, 0), everyKind);
        const found = filter.evaluate(columnsOf(everyKind, all), all.length, within);
        expect([...found]).toEqual(selected(value, all).filter((row) => within.includes(row)));
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  it("answers the same in turns, however many rows a slice has", async () => {
    const never = new AbortController().signal;
    await fc.assert(
      fc.asyncProperty(tree, rows, async (value, few) => {
        const all = Array.from({ length: 40 }, () => few).flat();
        const filter = compileFilter(oracle.write(value, 0), everyKind);
        // Texts beyond a slice's 64 KB in some rows, so that slices of many sizes meet.
        for (let i = 0; i < all.length; i += 100) all[i] = { ...all[i], s: "x".repeat(65_000) };
        const columns = columnsOf(everyKind, all);
        const found = await filter.evaluateInTurns(columns, all.length, new Turns(never, 0));
        expect([...found]).toEqual([...filter.evaluate(columns, all.length)]);
      }),
      { seed: 9, numRuns: 60 },
    );
  });

  it("ends between two slices when its call ends", async () => {
    const abort = new AbortController();
    const row = { id: 1n, plain: 1n, vec: [0, 0, 0, 0], $meta: "{}", s: "a".repeat(60_000) };
    const columns = columnsOf(everyKind, new Array(200).fill(row));
    const evaluating = compileFilter("s like '%b%'", everyKind).evaluateInTurns(
      columns,
      200,
      new Turns(abort.signal, 0),
    );
    setImmediate(() => abort.abort(new Error("the client is gone")));
    await expect(evaluating).rejects.toThrow("the client is gone");
  });

  it("reads only the columns that it names", () => {
    fc.assert(
      fc.property(tree, rows, (value, all) => {
        const filter = compileFilter(oracle.write(value, 0), everyKind);
        const columns = columnsOf(everyKind, all);
        const named = new Map(filter.fields.map((index) => [index, columns.get(index)!]));
        expect([...filter.evaluate(named, all.length)]).toEqual(selected(value, all));
      }),
      { seed: 8, numRuns: 200 },
    );
  });

  it("key candidates and ranges never exclude a row that passes", () => {
    fc.assert(
      fc.property(tree, rows, int64, fc.array(int64, { maxLength: 3 }), (value, all, id, ids) => {
        for (const text of [
          `(${oracle.write(value, 0)}) and id >= ${id}`,
          `id in [${ids}] or id == ${id}`,
          `id in [${ids}] and (${oracle.write(value, 1)})`,
        ]) {
          const filter = compileFilter(text, everyKind);
          const { primaryKeyCandidates: keys, primaryKeyRange: range } = filter;
          for (const row of filter.evaluate(columnsOf(everyKind, all), all.length)) {
            const key = all[row].id as bigint;
            if (keys) expect(keys).toContain(key);
            if (range?.low !== undefined) expect(key >= (range.low as bigint)).toBe(true);
            if (range?.high !== undefined) expect(key <= (range.high as bigint)).toBe(true);
          }
        }
      }),
      { seed: 9, numRuns: 300 },
    );
  });
});
