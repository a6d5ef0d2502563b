import { describe, expect, it, test } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { collection, field, refusal, truth } from "../collection.ts";

/** Truth per row, as `TFU`. */
type Case = [text: string, truths: string];

describe("§2.8 text", () => {
  const rows = [{ words: "The quick-brown FOX", prose: "Ωmega Σ, 数据库" }, { words: "brown, quick", prose: "" }, {}];
  test.each<Case>([
    ["text_match(words, 'fox')", "TFU"],
    ["TEXT_MATCH(words, 'FOX nothing')", "TFU"],
    ["text_match(words, 'quick fox', minimum_should_match = 2)", "TFU"],
    ["text_match(words, 'quick quick', minimum_should_match=2)", "FFU"],
    ["text_match(words, 'row')", "FFU"],
    ["text_match_fuzzy(words, 'fxo', max_edit_distance=1)", "TFU"],
    ["TEXT_MATCH_FUZZY(words, 'quikc nothing', max_edit_distance = 1)", "TTU"],
    ["text_match_fuzzy(words, 'brwonn', max_edit_distance=1)", "FFU"],
    ["text_match_fuzzy(words, 'brwonn', max_edit_distance=2)", "TTU"],
    ["text_match_fuzzy(words, 'fo', max_edit_distance=0)", "FFU"],
    ["text_match_fuzzy(prose, '数库', max_edit_distance=1)", "TFU"],
    ["not text_match_fuzzy(words, 'fox', max_edit_distance=1)", "FTU"],
    ["text_match_fuzzy(words, ' - ', max_edit_distance=2)", "FFU"],
    ["text_match(words, ' - ')", "FFU"],
    ["phrase_match(words, 'quick brown')", "TFU"],
    ["phrase_match(words, 'brown quick', 0)", "FTU"],
    ["phrase_match(words, '')", "FFU"],
    ["text_match(prose, 'ωmega')", "TFU"],
    ["text_match(prose, 'σ')", "TFU"],
    ["text_match(prose, '数据库')", "TFU"],
    ["text_match(prose, '数据')", "FFU"],
  ])("%s", (text, truths) => {
    expect(truth(text, rows)).toBe(truths);
  });

  test.each<[text: string, cause: string]>([
    ["text_match(s, 'a')", 'field "s" does not enable match at column 11'],
    ["text_match(color, 'a')", "text match operation on non-string is unsupported at column 11"],
    ["text_match(i64, 'a')", "text match operation on non-string is unsupported at column 11"],
    ["text_match(words, 1)", "the query of a text match must be a string at column 18"],
    [
      "text_match(words, 'a', minimum_should_match = 0)",
      "minimum_should_match of text_match must be an integer in range [1, 1000] at column 46",
    ],
    [
      `phrase_match(words, '${"a ".repeat(257)}', 1)`,
      "phrase_match with a slop takes up to 256 words, but got 257 (look for a part of them) at column 20",
    ],
    ["phrase_match(words, 'a', -1)", "slop of phrase_match must be an integer in range [0, 4294967295] at column 25"],
    ["text_match(words, 'a', x = 1)", "function text_match has no argument named x at column 27"],
    [
      "text_match_fuzzy(words, 'a', max_edit_distance = 3)",
      "max_edit_distance of text_match_fuzzy must be an integer in range [0, 2] at column 49",
    ],
    ["text_match_fuzzy(words, 'a')", "text_match_fuzzy needs max_edit_distance=n, 0, 1 or 2 at column 0"],
    [
      `text_match_fuzzy(words, '${Array.from({ length: 33 }, (_, i) => `w${i}`).join(" ")}', max_edit_distance=1)`,
      "text_match_fuzzy takes up to 32 words, but got 33 (look for a part of them) at column 24",
    ],
    ["text_match_fuzzy(s, 'a', max_edit_distance = 1)", 'field "s" does not enable match at column 17'],
  ])("%s is refused", (text, cause) => {
    expect(refusal(text)).toBe(cause);
  });

  // Distances are those that Milvus's compute_phrase_match_slop gives.
  test.each<[phrase: string, text: string, slop: number]>([
    ["data privacy", "Ensure data user privacy now.", 1],
    ["data privacy", "Ensure privacy data now.", 2],
    ["data privacy", "Ensure privacy user data now.", 3],
    ["A C", "A B C", 1],
    ["A B", "A C D E B F G B", 3],
    ["I like swimming and skiing", `${"x ".repeat(10)}Skiing and swimming are sports that I like the most.`, 10],
    ["a b c", "a x b x x c", 3],
    ["a b c", "c b a", 4],
  ])("'%s' is in '%s' with a slop of %i, and with none that is less", (phrase, text, slop) => {
    const match = (distance: number) => truth(`phrase_match(words, '${phrase}', ${distance})`, [{ words: text }]);
    expect([match(slop - 1), match(slop), match(2 ** 32 - 1)]).toEqual(["F", "T", "T"]);
  });

  it("with any slop all words of a phrase must be there, null is unknown, and dropped words keep their places", () => {
    const rows = [{ words: "data is important" }, {}, { words: "" }];
    expect(truth("phrase_match(words, 'data privacy', slop = 4294967295)", rows)).toBe("FUF");
    expect(truth("not phrase_match(words, 'data privacy', 9)", rows)).toBe("TUT");
    expect(truth("phrase_match(words, '', 1)", rows)).toBe("FUF");
    const params = { enable_match: "true", analyzer_params: '{"type":"standard","stop_words":["the"]}' };
    const schema = collection([
      field("id", DataType.Int64, { isPrimaryKey: true }),
      field("w", DataType.VarChar, { typeParams: params }),
    ]);
    const texts = ["over the moon", "over moon", "over the big moon", "moon over"].map((w) => ({ w }));
    expect(truth("phrase_match(w, 'over the moon', 1)", texts, { schema })).toBe("TTTF");
    expect(truth("phrase_match(w, 'over moon', 1)", texts, { schema })).toBe("TTFF");
  });

  it("words that the analyzer drops keep their places in a phrase", () => {
    const params = { enable_match: "true", analyzer_params: '{"type":"standard","stop_words":["the","a"]}' };
    const schema = collection([
      field("id", DataType.Int64, { isPrimaryKey: true }),
      field("w", DataType.VarChar, { typeParams: params }),
    ]);
    const rows = ["over the moon", "over a moon", "over moon", "over the a moon", "the over x moon"].map((w) => ({
      w,
    }));
    expect(truth("phrase_match(w, 'over the moon')", rows, { schema })).toBe("TTFFT");
    expect(truth("phrase_match(w, 'over moon')", rows, { schema })).toBe("FFTFF");
    expect(truth("phrase_match(w, 'the')", rows, { schema })).toBe("FFFFF");
  });

  it("follows the field's analyzer, and refuses one that it does not have", () => {
    const schema = (params: string) =>
      collection([
        field("id", DataType.Int64, { isPrimaryKey: true }),
        field("w", DataType.VarChar, { typeParams: { enable_match: "true", analyzer_params: params } }),
      ]);
    for (const params of ["", "{}", '{"type":"standard"}']) {
      expect(truth("text_match(w, 'The')", [{ w: "the END" }], { schema: schema(params) })).toBe("T");
    }
    const stop = schema('{"type":"standard","stop_words":["the"]}');
    expect(truth("text_match(w, 'The')", [{ w: "the END" }], { schema: stop })).toBe("F");
    expect(truth("text_match(w, 'The end')", [{ w: "the END" }], { schema: stop })).toBe("T");
    expect(truth("text_match(w, 'dogs')", [{ w: "A dog." }], { schema: schema('{"type":"english"}') })).toBe("T");
    const chinese = schema('{"type":"chinese"}');
    expect(truth("text_match(w, '清华')", [{ w: "我来到北京清华大学" }], { schema: chinese })).toBe("T");
    expect(truth("text_match(w, '京清')", [{ w: "我来到北京清华大学" }], { schema: chinese })).toBe("F");
    expect(refusal("phrase_match(w, '清华大学')", { schema: chinese })).toMatch(/words that overlap.*use text_match/);
    for (const params of ['{"type":"thai"}', '{"tokenizer":"icu"}', "["]) {
      expect(refusal("text_match(w, 'a')", { schema: schema(params) })).toMatch(/analyzer/);
    }
  });
});
