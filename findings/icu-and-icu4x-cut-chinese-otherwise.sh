#!/usr/bin/env bash
# ICU4X (npm icu 2.3.2) and the ICU in Node (Intl.Segmenter of node 24.21.0) cut the same Chinese and Japanese into other words.
#
# Both are Unicode's, both cut these scripts by a dictionary, and one looks like the port of the other. ICU weighs the words of the
# whole run; ICU4X takes the longest word that begins where the last one has ended: 研究生命起源 ("to study the origin of life") becomes
# 研究 生命 起源 in one, and 研究生 ("graduate student") 命 起源 in the other. An index whose texts were cut by one of them, and whose
# queries are cut by the other, misses hits without an error.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit icu@2.3.2 node@24.21.0
cat >cut.mjs <<'JS'
import { WordSegmenter } from "icu";

const theirs = new Intl.Segmenter("zh", { granularity: "word" });
const four = WordSegmenter.createDictionary();

function byFour(text) {
  const ends = four.segment(text);
  const words = [];
  for (let from = ends.next(), to = ends.next(); to !== -1; from = to, to = ends.next()) words.push(text.slice(from, to));
  return words;
}

let same = 0;
const texts = ["今天天气很好", "研究生命起源", "我来到北京清华大学", "東京都に住んでいます"];
for (const text of texts) {
  const both = [Array.from(theirs.segment(text), ({ segment }) => segment), byFour(text)].map((words) => words.join(" "));
  if (both[0] === both[1]) same++;
  console.log(`ICU ${process.versions.icu}: ${both[0]}; ICU4X: ${both[1]}`);
}
process.exit(same === 1 ? 0 : 1);
JS
node_modules/.bin/node cut.mjs
