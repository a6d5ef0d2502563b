#!/usr/bin/env bash
# Installs what the tests talk to besides Sluice itself: one Python environment per pymilvus version, one for pyarrow,
# and (group `milvus`) a real Milvus 2.3.5. Idempotent; what is there in the pinned version is kept.
#
#   test/servers.sh [GROUP ...]        default: pymilvus
#
#   pymilvus   environments for pymilvus 2.2.17, 2.4.15, 2.6.17 and 3.0.1; the last one holds pyarrow, too
#   milvus     Milvus 2.3.5 as a PyPI package, with pymilvus 2.3.7
#
# Everything goes below $SLUICE_TEST_CACHE (default: ~/.cache/sluice-test).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SLUICE_TEST_CACHE:-$HOME/.cache/sluice-test}
python=${PYTHON:-python3.11}
mkdir -p "$cache"

# environment NAME REQUIREMENTS_FILE
environment() {
  local dir=$cache/venv-$1 wanted
  wanted=$(cat "$2" && "$python" --version)
  [ "$(cat "$dir/.installed" 2>/dev/null)" = "$wanted" ] && return
  rm -rf "$dir"
  "$python" -m venv "$dir"
  "$dir/bin/pip" install -q --disable-pip-version-check -r "$2"
  printf '%s\n' "$wanted" >"$dir/.installed"
}

[ $# -gt 0 ] || set -- pymilvus
command -v "$python" >/dev/null || {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3.11 python3.11-venv >/dev/null
}
for group in "$@"; do
  case $group in
    pymilvus)
      pids=()
      for version in 2.2.17 2.4.15 2.6.17 3.0.1; do
        environment "pymilvus-$version" "$here/compat/clients/pymilvus-$version.txt" &
        pids+=($!)
      done
      for pid in "${pids[@]}"; do wait "$pid"; done
      ;;
    milvus) environment milvus-2.3.5 "$here/compat/clients/milvus-2.3.5.txt" ;;
    *) echo "unknown group: $group" >&2; exit 2 ;;
  esac
done
