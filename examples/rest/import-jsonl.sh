#!/usr/bin/env bash
# Makes a collection, writes a file of JSON Lines, imports it, and waits: all over REST, with curl alone.
set -euo pipefail
url=http://${1:-127.0.0.1:19530}/v2/vectordb
collection=example_rest

ask() { curl -sS "$url/$1" -H 'Content-Type: application/json' -d "$2"; }
# member NAME TEXT: the value of a text or number in JSON, or nothing
member() { printf '%s' "$2" | { grep -o "\"$1\":\"\?[^\",}]*" || true; } | head -1 | sed 's/.*://; s/"//'; }
refused() { echo "refused: $1" >&2 && exit 1; }

ask collections/drop "{\"collectionName\":\"$collection\"}" >/dev/null
# The quick form: a key `id`, vectors `vector`, everything else in the dynamic field; with an index, and loaded.
answer=$(ask collections/create "{\"collectionName\":\"$collection\",\"dimension\":4}")
[ "$(member code "$answer")" = 0 ] || refused "$answer"

for ((id = 0; id < 1000; id++)); do
  echo "{\"id\":$id,\"vector\":[$((id % 7)),$((id % 5)),$((id % 3)),1],\"title\":\"Book $id\"}"
done >example_rest.jsonl

answer=$(ask jobs/import/create "{\"collectionName\":\"$collection\",\"files\":[[\"example_rest.jsonl\"]]}")
job=$(member jobId "$answer")
[ -n "$job" ] || refused "$answer"
while :; do
  answer=$(ask jobs/import/describe "{\"jobId\":\"$job\"}")
  state=$(member state "$answer")
  case $state in Completed | Failed) break ;; esac
  sleep 0.1
done
echo "$state: $(member importedRows "$answer") rows$(member reason "$answer")"
[ "$state" = Completed ]
