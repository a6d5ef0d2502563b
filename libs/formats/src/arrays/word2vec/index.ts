import type { SourceFile } from "@sluice/object-store";
import { DataType } from "@sluice/schema";
import { arrayFormat } from "../array-format.ts";
import type { ArraySet, NamedArray } from "../array-set.ts";
import { arraySet } from "../one-file.ts";
import { openWords } from "./word-file.ts";
import { WordRows } from "./word-rows.ts";

/**
 * Words with their vectors, as text or binary: of word2vec, gensim, GloVe and fastText (`.vec`). The word is the column `word`, or the
 * key where that is text. It is read twice, from front to back, and not cut.
 */
export const word2vecFormat = arrayFormat({
  name: "word2vec",
  title: "word vectors",
  extensions: [".vec", ".w2v", ".word2vec", ".glove"],
  grouping: "rows",
  arraysOf: ([source], _, signal) => wordArrays(source, signal),
});

async function wordArrays(source: SourceFile, signal: AbortSignal): Promise<ArraySet> {
  const file = await openWords(source, signal);
  const rows = new WordRows(file);
  const { rowCount, wordBytes } = await rows.measure(signal);
  const array = { fortranOrder: false, dataOffset: 0 };
  const words: NamedArray = {
    ...{ name: "word", source, role: "keys", dataType: DataType.VarChar },
    header: async () => ({ ...array, descr: `|S${wordBytes}`, shape: [rowCount], rows: rows.words }),
  };
  const vectors: NamedArray = {
    ...{ name: "vector", source, role: "vectors" },
    header: async () => ({ ...array, descr: "<f4", shape: [rowCount, file.dim], rows: rows.vectors }),
  };
  return { ...arraySet("word vectors", [words, vectors]), isSequential: true };
}
