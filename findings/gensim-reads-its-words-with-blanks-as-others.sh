#!/usr/bin/env bash
# PyPI gensim 4.4.0: words with blanks, saved as binary word2vec, come back as other words with numbers that nobody wrote.
#
# In the binary form a word ends at its first blank, and the vector follows. `save_word2vec_format(binary=True)` writes "new york" as it
# stands, so that " york" and what comes behind it are read as numbers (3e26), and the end of the vector as the next word. Nothing is
# raised as long as those bytes are UTF-8; the count of words is right. Phrases of gensim's own Phraser with a blank as delimiter,
# labels and titles of products as keys are such words. As text (binary=False) the same words raise when they are read.
#
# Ends with 0 while that is so, with 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check gensim==4.4.0 numpy==2.4.6
venv/bin/python - <<'PY'
import sys
import gensim, numpy as np
from gensim.models import KeyedVectors

words = ["a", "new york", "b", "c"]
vectors = KeyedVectors(3)
vectors.add_vectors(words, np.arange(2, 14, dtype=np.float32).reshape(4, 3) / 2)
vectors.save_word2vec_format("words.bin", binary=True)
read = KeyedVectors.load_word2vec_format("words.bin", binary=True)
for word in read.index_to_key:
    print(f"gensim {gensim.__version__}: {word!r} {read[word].tolist()}")
vectors.save_word2vec_format("words.txt", binary=False)
try:
    KeyedVectors.load_word2vec_format("words.txt", binary=False)
    refusal = ""
except ValueError as error:
    refusal = str(error)
print(f"as text: {refusal or 'read'}")
is_other = read.index_to_key[:2] == ["a", "new"] and read["new"][0] > 1e26 and not set(words) >= set(read.index_to_key)
is_kept = read["c"].tolist() == vectors["c"].tolist() and len(read) == 4
sys.exit(0 if is_other and is_kept and "york" in refusal else 1)
PY
