import { stemmer as arabic } from "@orama/stemmers/arabic";
import { stemmer as danish } from "@orama/stemmers/danish";
import { stemmer as dutch } from "@orama/stemmers/dutch";
import { stemmer as finnish } from "@orama/stemmers/finnish";
import { stemmer as french } from "@orama/stemmers/french";
import { stemmer as german } from "@orama/stemmers/german";
import { stemmer as greek } from "@orama/stemmers/greek";
import { stemmer as hungarian } from "@orama/stemmers/hungarian";
import { stemmer as italian } from "@orama/stemmers/italian";
import { stemmer as norwegian } from "@orama/stemmers/norwegian";
import { stemmer as portuguese } from "@orama/stemmers/portuguese";
import { stemmer as romanian } from "@orama/stemmers/romanian";
import { stemmer as russian } from "@orama/stemmers/russian";
import { stemmer as spanish } from "@orama/stemmers/spanish";
import { stemmer as swedish } from "@orama/stemmers/swedish";
import { stemmer as tamil } from "@orama/stemmers/tamil";
import { stemmer as turkish } from "@orama/stemmers/turkish";
import { englishStem } from "./english-stem.ts";

type Stem = (word: string) => string;

// The library has a newer Snowball than Milvus, between which French has learned two letters and Russian one. Stems stand in
// segments, so they are those of Milvus.

/** `ë` and `ï` are vowels like others, of which the rules say nothing; only `guë` ends in what is taken off. */
const olderFrench: Stem = (word) => {
  if (!/[ëï]/.test(word)) return french(word);
  const stem = french(word.replaceAll("ë", "ô").replaceAll("ï", "û"));
  const restored = stem.replace(/[ôû]/g, (letter, at: number) => (/[ëï]/.test(word[at]) ? word[at] : letter));
  return restored.endsWith("guë") ? restored.slice(0, -1) : restored;
};

/** `ё` is no vowel, nor any other letter that the rules know. */
const olderRussian: Stem = (word) => russian(word.replaceAll("ё", "\u0001")).replaceAll("\u0001", "ё");

const stems: Readonly<Record<string, Stem>> = {
  ...{ arabic, arabig: arabic, danish, dutch, english: englishStem, finnish, french: olderFrench, german, greek },
  ...{ hungarian, italian, norwegian, portuguese, romanian, russian: olderRussian, spanish, swedish, tamil, turkish },
};

/** No word of a language is longer; some stemmers take the square of a token's length. */
const MAX_STEMMED = 256;

/** What stems tokens of a language; undefined for one that Milvus has no stemmer of. @param language in any case */
export function stemmerOf(language: string): Stem | undefined {
  const name = language.toLowerCase();
  if (!Object.hasOwn(stems, name)) return undefined;
  const stem = stems[name];
  return (token) => (token.length > MAX_STEMMED ? token : stem(token));
}
