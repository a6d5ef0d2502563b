import { stopwords as danish } from "@orama/stopwords/danish";
import { stopwords as dutch } from "@orama/stopwords/dutch";
import { stopwords as finnish } from "@orama/stopwords/finnish";
import { stopwords as french } from "@orama/stopwords/french";
import { stopwords as german } from "@orama/stopwords/german";
import { stopwords as italian } from "@orama/stopwords/italian";
import { stopwords as norwegian } from "@orama/stopwords/norwegian";
import { stopwords as portuguese } from "@orama/stopwords/portuguese";
import { stopwords as russian } from "@orama/stopwords/russian";
import { stopwords as swedish } from "@orama/stopwords/swedish";

/** The 33 words that Lucene and Milvus leave out of English text. */
const ENGLISH =
  "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to was will with";
/** What Milvus keeps of the library's list. */
const FRENCH_KEPT = new Set(["", "son", "été", "étés", "est", "sommes", "fût", "as", "auras", "aura", "avions"]);

const lists: Readonly<Record<string, readonly string[]>> = {
  _english_: ENGLISH.split(" "),
  ...{ _danish_: danish, _dutch_: dutch, _finnish_: finnish, _german_: german, _italian_: italian },
  ...{ _norwegian_: norwegian, _portuguese_: portuguese, _russian_: russian },
  _french_: french.filter((word) => !FRENCH_KEPT.has(word)),
  _swedish_: swedish.map((word) => (word === "sitta" ? "sitt" : word)),
};

/** The words that a name such as `_german_` stands for; undefined for one that is not here. Source: the lists of Milvus's library. */
export function stopWordList(name: string): readonly string[] | undefined {
  return Object.hasOwn(lists, name) ? lists[name] : undefined;
}

/** Names of lists that Milvus has besides; every other text is a word, whatever it looks like. */
export const otherStopWordLists: ReadonlySet<string> = new Set([
  ...["_hungarian_", "_spanish_", "_chinese_", "_arabic_", "_thai_"],
]);
