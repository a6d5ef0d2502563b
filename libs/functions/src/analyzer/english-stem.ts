// The English stemmer of Snowball ("Porter2"), as its definition describes it: regions R1 and R2, then the steps in turn. Words are
// in lower case; a Y that is a consonant is marked by its capital while the steps run.

const double = /(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/;
const vowel = /[aeiouy]/;

/** Words that the rules would spoil. */
const whole: Readonly<Record<string, string>> = {
  ...{
    skis: "ski",
    skies: "sky",
    dying: "die",
    lying: "lie",
    tying: "tie",
    idly: "idl",
    gently: "gentl",
    ugly: "ugli",
  },
  ...{ early: "earli", only: "onli", singly: "singl", sky: "sky", news: "news", howe: "howe", atlas: "atlas" },
  ...{ cosmos: "cosmos", bias: "bias", andes: "andes" },
};
/** Words that step 1a may leave behind, and that end there. */
const settled = new Set("inning outing canning herring earring proceed exceed succeed".split(" "));

/** The stem of a word in lower case; words of two letters are their own. */
export function englishStem(token: string): string {
  if (Object.hasOwn(whole, token)) return whole[token];
  if (token.length <= 2) return token;
  let word = token.replace(/['‘’‛]/g, "'").replace(/^'/, "");
  word = word.replace(/^y/, "Y").replace(/([aeiouy])y/g, "$1Y");
  const r1 = firstRegion(word);
  const r2 = regionFrom(word, r1);
  word = withoutPlural(withoutPossessive(word));
  if (settled.has(word)) return word;
  word = withoutPast(word, r1);
  if (/[^aeiouy][yY]$/.test(word) && word.length > 2) word = `${word.slice(0, -1)}i`;
  word = replaceSuffix(word, step2, r1, r2);
  word = replaceSuffix(word, step3, r1, r2);
  word = replaceSuffix(word, step4, r2, r2);
  return withoutFinal(word, r1, r2).replaceAll("Y", "y");
}

/** Where R1 begins: behind the first consonant that follows a vowel, or behind a prefix. */
function firstRegion(word: string): number {
  const prefix = /^(?:gener|commun|arsen)/.exec(word);
  return prefix ? prefix[0].length : regionFrom(word, 0);
}

function regionFrom(word: string, from: number): number {
  const found = /[aeiouy][^aeiouy]/.exec(word.slice(from));
  return found ? from + found.index + 2 : word.length;
}

function withoutPossessive(word: string): string {
  return word.replace(/'s'$|'s$|'$/, "");
}

function withoutPlural(word: string): string {
  if (word.endsWith("sses")) return word.slice(0, -2);
  if (/ie[ds]$/.test(word)) return word.slice(0, word.length > 4 ? -2 : -1);
  if (/(?:us|ss)$/.test(word)) return word;
  // The vowel may not stand right before the s.
  if (word.endsWith("s") && vowel.test(word.slice(0, -2))) return word.slice(0, -1);
  return word;
}

function withoutPast(word: string, r1: number): string {
  const found = /(?:eedly|eed|ingly|edly|ing|ed)$/.exec(word);
  if (!found) return word;
  const stem = word.slice(0, found.index);
  if (found[0].startsWith("eed")) return found.index >= r1 ? `${stem}ee` : word;
  if (!vowel.test(stem)) return word;
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (double.test(stem)) return stem.slice(0, -1);
  return isShort(stem, r1) ? `${stem}e` : stem;
}

function isShort(word: string, r1: number): boolean {
  return r1 >= word.length && endsInShortSyllable(word);
}

function endsInShortSyllable(word: string): boolean {
  return /[^aeiouy][aeiouy][^aeiouywxY]$/.test(word) || /^[aeiouy][^aeiouy]$/.test(word);
}

/** A suffix, what stands in its place, and how that depends on what comes before. */
type Rule = readonly [suffix: string, becomes: string, when?: (stem: string, region2: number) => boolean];

/** The longest suffix that the word has decides, whether it may be replaced or not. */
function replaceSuffix(word: string, rules: readonly Rule[], region: number, region2: number): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix));
  if (!rule) return word;
  const [suffix, becomes, when] = rule;
  const stem = word.slice(0, -suffix.length);
  return stem.length >= region && (when?.(stem, region2) ?? true) ? stem + becomes : word;
}

const inRegion2 = (stem: string, region2: number) => stem.length >= region2;

/** Longest first. */
const step2: readonly Rule[] = [
  ...([
    ["ational", "ate"],
    ["fulness", "ful"],
    ["iveness", "ive"],
    ["ization", "ize"],
    ["ousness", "ous"],
  ] as const),
  ...([
    ["biliti", "ble"],
    ["lessli", "less"],
    ["tional", "tion"],
  ] as const),
  ...([
    ["alism", "al"],
    ["aliti", "al"],
    ["ation", "ate"],
    ["entli", "ent"],
    ["fulli", "ful"],
    ["iviti", "ive"],
  ] as const),
  ...([
    ["ousli", "ous"],
    ["abli", "able"],
    ["alli", "al"],
    ["anci", "ance"],
    ["ator", "ate"],
    ["enci", "ence"],
  ] as const),
  ...([
    ["izer", "ize"],
    ["bli", "ble"],
  ] as const),
  ["ogi", "og", (stem) => stem.endsWith("l")],
  ["li", "", (stem) => /[cdeghkmnrt]$/.test(stem)],
];
const step3: readonly Rule[] = [
  ...([
    ["ational", "ate"],
    ["tional", "tion"],
    ["alize", "al"],
  ] as const),
  ["ative", "", inRegion2],
  ...([
    ["icate", "ic"],
    ["iciti", "ic"],
    ["ical", "ic"],
    ["ness", ""],
    ["ful", ""],
  ] as const),
];
const step4: readonly Rule[] = [
  ...(["ement", "able", "ance", "ence", "ible", "ment", "ant", "ate", "ent", "ism"] as const).map(
    (suffix) => [suffix, ""] as const,
  ),
  ["ion", "", (stem) => /[st]$/.test(stem)],
  ...(["iti", "ive", "ize", "ous", "al", "er", "ic"] as const).map((suffix) => [suffix, ""] as const),
];

function withoutFinal(word: string, r1: number, r2: number): string {
  const stem = word.slice(0, -1);
  if (word.endsWith("e")) return stem.length >= r2 || (stem.length >= r1 && !endsInShortSyllable(stem)) ? stem : word;
  return word.endsWith("ll") && stem.length >= r2 ? stem : word;
}
