import { describe, expect, it, test } from "@jest/globals";
import fc from "fast-check";
import { analyzerOf, tokensOf } from "../src/index.ts";

const tokens = (params: unknown, text: string) =>
  tokensOf(analyzerOf(typeof params === "string" ? params : JSON.stringify(params)), text).map((token) => token.text);
const filtered = (filter: unknown, text: string) => tokens({ tokenizer: "whitespace", filter: [filter] }, text);

describe("analyzers", () => {
  it.each<[what: string, params: unknown, text: string, tokens: string]>([
    ["nothing said: words in lower case", "", "Hello, World! hello", "hello world hello"],
    ["an empty object is the same", {}, "don't_STOP 3-4", "don t stop 3 4"],
    ["by name", { type: "standard" }, "数据库 Ünïcode ΩΣ", "数据库 ünïcode ωσ"],
    ["with stop words", { type: "standard", stop_words: ["_english_", "fox"] }, "The Fox and a Hen", "hen"],
    [
      "English: stems, then stop words",
      { type: "english" },
      "This running of the dogs being happily",
      "run dog happili",
    ],
    ["English with more stop words", { type: "english", stop_words: ["dog"] }, "Dogs run", "run"],
    ["nothing is implied of a tokenizer", { tokenizer: "standard" }, "Hello, World! hello", "Hello World hello"],
    ["white space of ASCII alone", { tokenizer: "whitespace" }, "a,b\tC\nd\u00a0e\u000bf", "a,b C d\u00a0e\u000bf"],
    [
      "filters in their order",
      { tokenizer: "standard", filter: ["lowercase", { type: "stop", stop_words: ["the"] }] },
      "The THE a",
      "a",
    ],
    [
      "a stop filter takes words as they are",
      { tokenizer: "standard", filter: [{ type: "stop", stop_words: ["the"] }] },
      "The the",
      "The",
    ],
  ])("%s", (_, params, text, expected) => {
    expect(tokens(params, text).join(" ")).toBe(expected);
  });

  it.each<[filter: unknown, text: string, tokens: string]>([
    ["lowercase", "ÀB ΣΑΣ İ", "àb σασ i̇"],
    ["asciifolding", "Ærøskøbing Straße ﬁne Ｗｉｄｅ ① ⑳ Łódź 数", "AEroskobing Strasse fine Wide 1 20 Lodz 数"],
    ["alphanumonly", "abc1 a-b é", "abc1"],
    ["removepunct", "ab a.b , é", "ab é"],
    ["decimaldigit", "١٢٣ ๔๕๖ ７ x9", "123 456 7 x9"],
    ["cncharonly", "数据 abc 数a", "数据 数a"],
    ["cnalphanumonly", "数据 abc ， é", "数据 abc"],
    [{ type: "length", max: 3 }, "abc abcd é éé", "abc é"],
    [{ type: "stemmer", language: "English" }, "generations skies only proceed", "generat sky onli proceed"],
  ])("filter %j", (filter, text, expected) => {
    expect(filtered(filter, text).join(" ")).toBe(expected);
  });

  it.each(["standard", "english"])("a filter beside the type %s may do what that does anyway", (type) => {
    const text = "Running DOGS";
    expect(tokens({ type, filter: ["lowercase"] }, text)).toEqual(tokens({ type }, text));
    const more = { type, filter: ["lowercase"], x: 1 };
    expect(() => tokens(more, text)).toThrow("unknown analyzer option key: x");
  });

  it.each<[params: string, refusal: string]>([
    [
      '{"type":"english","filter":["asciifolding"]}',
      "unknown analyzer option key: filter (beside a type only stop_words may stand: name tokenizer and filter instead)",
    ],
    ['{"tokenizer":"standard","filters":[]}', "unknown analyzer option key: filters"],
    ['{"tokenizer":"nothing"}', "unsupported tokenizer: nothing"],
    ['{"tokenizer":"standard","filter":["nothing"]}', "build analyzer failed, filter not found :nothing"],
    ['{"tokenizer":"standard","filter":[{"type":"nothing"}]}', "unsupport filter type: nothing"],
    ['{"type":"nothing"}', "unknown build-in analyzer type: nothing"],
    ['{"filter":[]}', "tokenizer name or type must be set"],
    ["[]", "params should be a json map"],
    ["{", "analyzer params is no JSON: {"],
    ['{"type":"thai"}', "analyzer thai is not supported by this server: it needs a dictionary (split the text"],
    ['{"tokenizer":"icu"}', "tokenizer icu is not supported by this server: it needs a dictionary"],
    ['{"tokenizer":{"type":"jieba","mode":"all"}}', 'jieba tokenizer mode must be "exact" or "search"'],
    ['{"tokenizer":{"type":"jieba","hmm":1}}', "jieba tokenizer hmm must be boolean"],
    ['{"tokenizer":{"type":"jieba","dict":"a"}}', "jieba tokenizer dict must be array"],
    ['{"tokenizer":{"type":"jieba","dict":["_default_","milvus"]}}', "words of your own in dict are not supported"],
    ['{"tokenizer":{"type":"jieba","idf":1}}', "unknown option of the jieba tokenizer: idf"],
    ['{"tokenizer":{"type":"lindera"}}', "tokenizer lindera is not supported"],
    ['{"tokenizer":{"type":"standard","uax29":true}}', "the option uax29 of the standard tokenizer is not supported"],
    [
      '{"tokenizer":"standard","filter":[{"type":"synonym"}]}',
      "filter synonym is not supported by this server (write one",
    ],
    ['{"tokenizer":"standard","filter":[{"type":"stemmer","language":"elvish"}]}', "unsupport language: elvish"],
    ['{"tokenizer":"standard","filter":[{"type":"length"}]}', "lenth max param was none or not uint"],
    ['{"type":"standard","stop_words":["_spanish_"]}', "stop words _spanish_ are not known to this server"],
    ['{"tokenizer":"standard","filter":[null]}', "no type field in filter params"],
    ['{"tokenizer":"standard","filter":[7]}', "no type field in filter params"],
  ])("refuses %s", (params, refusal) => {
    expect(() => analyzerOf(params)).toThrow(refusal);
  });

  it("takes descriptions that are held and run at a bounded cost, and repeats no more of them than a reader needs", () => {
    const words = Array.from({ length: 20_000 }, (_, i) => `word${i}`);
    expect(() => tokens({ type: "standard", stop_words: words }, "a")).toThrow(
      /^analyzer params has \d{6} bytes, more than 65536: list fewer stop words$/,
    );
    const filter = Array.from({ length: 65 }, () => "lowercase");
    expect(() => tokens({ tokenizer: "standard", filter }, "a")).toThrow("65 filters are more than 64");
    expect(tokens({ tokenizer: "standard", filter: filter.slice(1) }, "A")).toEqual(["a"]);
    expect(() => tokens({ tokenizer: "x".repeat(60_000) }, "a")).toThrow(/^unsupported tokenizer: x{60}…/);
  });

  it("tells where tokens stand, in bytes, and counts those that are dropped", () => {
    const found = tokensOf(analyzerOf('{"type":"english"}'), "Über the foxes");
    expect(found).toEqual([
      { text: "über", start: 0, end: 5, position: 0, positionLength: 1 },
      { text: "fox", start: 10, end: 15, position: 2, positionLength: 1 },
    ]);
  });

  it("splits any text as the rule says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(tokens({ tokenizer: "standard" }, text)).toEqual(text.match(/[\p{Alphabetic}\p{N}]+/gu) ?? []);
      }),
    );
  });
});

// Of each language what the stemmer of Milvus's library, rust-stemmers 1.2.0, gives. All of Snowball's vocabularies were compared with
// it: 600,000 words, which are the same but for three Finnish ones with foreign letters.
test.each([
  ["danish", "kærligheden indsatsen", "kær indsats"],
  ["dutch", "lichamelijke gevangenisstraf", "licham gevangenisstraf"],
  ["Finnish", "järjestelmättömyydestä taloissamme", "järjestelmättömyyd talo"],
  ["french", "continuellement majestueusement ambiguë ambiguës altaïques", "continuel majestu ambigu ambigu altaïqu"],
  ["german", "aufeinanderfolgenden häuser", "aufeinanderfolg haus"],
  ["greek", "αγαπημένοι τραγούδια", "αγαπημεν τραγουδ"],
  ["hungarian", "babakocsijának gyerekeknek", "babakocs gyerek"],
  ["italian", "abbandonerà propagandistica", "abbandon propagandist"],
  ["norwegian", "havnedistriktene kjærligheten", "havnedistrikt kjær"],
  ["portuguese", "quilométricas boníssimas", "quilométr boníssim"],
  ["romanian", "ocolirea absurdului", "ocol absurd"],
  ["russian", "берёзовый важнейшими", "берёзов важн"],
  ["spanish", "torneados cheques", "torn chequ"],
  ["swedish", "jaktkarlarne klostergården", "jaktkarl klostergård"],
  ["tamil", "பாடகர்களுக்கு மரங்கள்", "பாடகர்கள் மரங்"],
  ["turkish", "kitapçılardan evlerimizin", "kitapçı ev"],
  ["arabic", "والكتابات مدرستهم", "والكتابا مدرس"],
  ["arabig", "مدرستهم", "مدرس"],
])("stems %s as Milvus does", (language, text, stems) => {
  const tokensOfText = tokens({ tokenizer: "whitespace", filter: [{ type: "stemmer", language }] }, text);
  expect(tokensOfText.join(" ")).toBe(stems);
});

test.each([
  ["_german_", "und ein Haus", "Haus"],
  ["_french_", "le fils est son ami", "fils est son ami"],
  ["_swedish_", "sitt sitta", "sitta"],
  ["_russian_", "и он дома", "дома"],
  ["_portuguese_", "uma casa", "casa"],
  ["_elvish_", "a _elvish_ word", "a word"],
])("leaves out the stop words of %s", (name, text, rest) => {
  expect(tokens({ tokenizer: "whitespace", filter: [{ type: "stop", stop_words: [name] }] }, text).join(" ")).toBe(
    rest,
  );
});

it("leaves tokens as they are that no language has", () => {
  const long = "schaften".repeat(100);
  const filter = [{ type: "stemmer", language: "german" }];
  expect(tokens({ tokenizer: "whitespace", filter }, `${long} freundschaften`)).toEqual([long, "freundschaft"]);
});
