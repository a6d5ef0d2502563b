#!/usr/bin/env bash
# Imports JSON Lines over REST. The collection comes from examples/python/import_jsonl.py: REST imports and looks at jobs.
set -euo pipefail
url=http://${1:-127.0.0.1:19530}/v2/vectordb/jobs/import
collection=${2:-example_jsonl}

ask() { curl -sS "$url/$1" -H 'Content-Type: application/json' -d "$2"; }
# member NAME TEXT: the value of a text or number in JSON
member() { printf '%s' "$2" | grep -o "\"$1\":\"\?[^\",}]*" | head -1 | sed 's/.*://; s/"//'; }

answer=$(ask create "{\"collectionName\":\"$collection\",\"files\":[[\"example.jsonl\"]]}")
job=$(member jobId "$answer")
[ -n "$job" ] || { echo "refused: $answer" >&2; exit 1; }
while :; do
  answer=$(ask describe "{\"jobId\":\"$job\"}")
  state=$(member state "$answer")
  case $state in Completed | Failed) break ;; esac
  sleep 0.1
done
echo "$state: $(member totalRows "$answer") rows"
