import { describe, expect, it } from "@jest/globals";
import { analyzerOf, TokenNumbers, tokensOf } from "../src/index.ts";

// Words, and where they stand, as jieba-rs 0.6.8 finds them, which Milvus has.

const placed = (params: object, text: string) =>
  tokensOf(analyzerOf(JSON.stringify(params)), text)
    .map(({ text: word, position, positionLength }) => `${word}@${position}+${positionLength}`)
    .join(" ");
const words = (params: object, text: string) =>
  tokensOf(analyzerOf(JSON.stringify(params)), text).map((token) => token.text);

const search = { tokenizer: "jieba" };
const exact = { tokenizer: { type: "jieba", mode: "exact" } };

describe("the tokenizer jieba", () => {
  it("finds words within words before the word itself, each with its place", () => {
    expect(placed(search, "我来到北京清华大学")).toBe(
      "我@0+1 来到@1+2 北京@3+2 清华@5+2 华大@6+2 大学@7+2 清华大学@5+4",
    );
    expect(placed(exact, "我来到北京清华大学")).toBe("我@0+1 来到@1+2 北京@3+2 清华大学@5+4");
  });

  it("finds the same word twice within another one", () => {
    expect(words(search, "哈哈哈哈")).toEqual(["哈哈", "哈哈", "哈哈", "哈哈哈", "哈哈哈", "哈哈哈哈"]);
  });

  it("guesses words that its dictionary has not, unless it is told not to", () => {
    expect(words(search, "他来到了网易杭研大厦")).toEqual(["他", "来到", "了", "网易", "杭研", "大厦"]);
    const sure = { tokenizer: { type: "jieba", hmm: false, dict: ["_default_"] } };
    expect(words(sure, "他来到了网易杭研大厦")).toEqual(["他", "来到", "了", "网易", "杭", "研", "大厦"]);
  });

  it("leaves nothing out: marks and blanks are tokens until a filter drops them", () => {
    const text = "C++ 和 c# 2024年, 𠀀中文";
    expect(words(exact, text).join("")).toBe(text);
    const dropping = { tokenizer: "jieba", filter: ["cnalphanumonly"] };
    expect(words(dropping, "结巴，分词 v2!")).toEqual(words({ type: "chinese" }, "结巴，分词 v2!"));
    expect(words({ type: "chinese", stop_words: ["的"] }, "我的，书")).toEqual(["我", "书"]);
  });

  it("tells where tokens stand in bytes", () => {
    const text = "𠀀é 数据库 vector";
    const bytes = Buffer.from(text);
    for (const { text: word, start, end } of tokensOf(analyzerOf(JSON.stringify(search)), text))
      expect(bytes.toString("utf8", start, end)).toBe(word);
  });

  it("numbers the same tokens", () => {
    const analyzer = analyzerOf('{"type":"chinese"}');
    const seen: string[] = [];
    const numbers = new TokenNumbers(analyzer, (token) => seen.push(token) - 1);
    const bytes = Buffer.from("xx清华大学，北京大学。");
    const count = numbers.scan(bytes, 2, bytes.length);
    const kept = [...numbers.numbers.subarray(0, count)].filter((number) => number < seen.length);
    expect(kept.map((number) => seen[number])).toEqual(words({ type: "chinese" }, "清华大学，北京大学。"));
  });
});
