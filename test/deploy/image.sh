#!/usr/bin/env bash
# Builds the image with buildah, without a registry, and tries it: the program's help, and a standalone that becomes ready
# and healthy under the image's own user. Base images cannot be pulled everywhere, so the base is made here: this machine's
# Node with the libraries that it needs. Ends with the line `image ok SIZE`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
base=localhost/sluice-test-base
image=localhost/sluice-test:0.1.0
container=
cleanup() {
  [ -z "$container" ] || buildah rm "$container" >/dev/null 2>&1 || true
  buildah rmi -f "$image" "$base" >/dev/null 2>&1 || true
  rm -rf "$work" .image
}
trap cleanup EXIT

node=$(npm exec --no -- node -p 'fs.realpathSync(process.execPath)' 2>/dev/null | tail -1)
root=$work/base
mkdir -p "$root"/{usr/bin,tmp,etc}
chmod 1777 "$root/tmp"
cp "$node" "$root/usr/bin/node"
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
# What native modules need besides.
cp -L /lib/x86_64-linux-gnu/libgcc_s.so.1 "$root/lib/x86_64-linux-gnu/" 2>/dev/null || true
tar -C "$root" -cf "$work/base.tar" .
printf 'FROM scratch\nADD base.tar /\n' >"$work/Dockerfile.base"
buildah bud --isolation chroot -q -f "$work/Dockerfile.base" -t "$base" "$work"

[ -f services/cli/dist/main.js ] || npm run -s build
node deploy/prepare-image.mjs .image >"$work/install.log" 2>&1 || { cat "$work/install.log" >&2; exit 1; }
buildah bud --isolation chroot -q --format docker --build-arg BASE="$base" --target prepared \
  -f deploy/Dockerfile -t "$image" .

container=$(buildah from "$image")
run() { timeout 60 buildah run --isolation chroot "$container" -- node /app/services/cli/dist/main.js "$@"; }
[ "$(buildah inspect --format '{{.OCIv1.Config.User}}' "$container")" = 10001:10001 ]
run --help | grep -q datanode

# The image's user may write to /tmp only.
data=/tmp/sluice-$$ # A name of its own, by which its process is found.
run standalone --port 0 --data-dir "$data" --log-level warn >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do grep -q '^ready' "$work/server.log" && break; sleep 0.2; done
address=$(awk '/^ready/ { print $2 }' "$work/server.log")
curl -sf "http://$address/healthz" | grep -q OK || { cat "$work/server.log" >&2; exit 1; }
pkill -TERM -f "cli/dist/main.js standalone --port 0 --data-dir $data"
wait "$server" || true
echo "image ok $(buildah inspect --format '{{.FromImage}}' "$container") $(du -sh --apparent-size .image | cut -f1)"
