import { describe, expect, it, test } from "@jest/globals";
import { analyzerOf } from "@sluice/functions";
import { fragmentsOf } from "../src/search/fragments.ts";
import type { Highlighting } from "../src/search/highlight-params.ts";
import { AnswerBudget } from "../src/segment-rows.ts";

const plain: Highlighting = {
  ...{ preTags: ["{"], postTags: ["}"], fragmentOffset: 0, fragmentSize: 100, maxFragments: 5, targets: [] },
};

function marked(text: string, words: string, how: Partial<Highlighting>, budget = new AnswerBudget(1000)): string[] {
  const all = new Set(words.split(" "));
  return fragmentsOf(text, (word) => all.has(word), { analyzer: analyzerOf(""), how: { ...plain, ...how }, budget });
}

const seat = "I have the seat full of water! Like, full of water!";

// The first are of Milvus's own tests.
test.each<[text: string, words: string, how: Partial<Highlighting>, wanted: string[]]>([
  [seat, "water", { fragmentSize: 10, maxFragments: 1 }, ["{water}! Lik"]],
  [seat, "water", { fragmentSize: 5, fragmentOffset: 5, maxFragments: 2 }, ["l of {water}", "l of {water}"]],
  [seat, "water", { fragmentSize: 9, maxFragments: 2 }, ["{water}! Li", "{water}!"]],
  [
    ...(["A leakage of what?", "a leakage of what"] as const),
    { fragmentOffset: 5, fragmentSize: 10 },
    ["{A} {leakage} {of}", "e of {what}?"],
  ],
  [seat, "water", {}, ["{water}! Like, full of {water}!"]],
  [seat, "water", { maxFragments: 0 }, []],
  [seat, "wat", {}, []],
  ["", "water", {}, []],
  // Characters are counted, not bytes; one of two words of UTF-16 is one.
  ["日本語😀 key 日本語", "key", { fragmentOffset: 2, fragmentSize: 7 }, ["😀 {key} 日"]],
])("%j with the words %j marked, by %j, is cut as %j", (text, words, how, wanted) => {
  expect(marked(text, words, how)).toEqual(wanted);
});

describe("tags", () => {
  it("come in turn within a fragment, those before a word and those behind it each by themselves", () => {
    const how = { preTags: ["<1>", "<2>"], postTags: ["</1>", "</2>", "</3>"], fragmentSize: 11 };
    expect(marked("key key key key", "key", how)).toEqual(["<1>key</1> <2>key</2> <1>key</3>", "<1>key</1>"]);
  });

  it("count as the answer's bytes, so that none is larger than an answer may be", () => {
    const how = { preTags: ["<".repeat(40)] };
    expect(() => marked("key ".repeat(20), "key", how, new AnswerBudget(500))).toThrow("exceed the maxOutputSize");
  });
});
