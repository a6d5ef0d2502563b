#!/usr/bin/env bash
# Installs, upgrades and uninstalls the chart on a real Kubernetes API server (no kubelets: nothing runs, everything is
# checked and stored). By command only: building the server takes minutes the first time.
#
#   test/servers.sh core helm kubeapi && test/deploy/install-on-apiserver.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bin=${SLUICE_TEST_CACHE:-$HOME/.cache/sluice-test}/bin
work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

port() { node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })"; }
client=$(port) peer=$(port) api=$(port) token=$(openssl rand -hex 16)
etcd --name t --data-dir "$work/etcd" --listen-client-urls "http://127.0.0.1:$client" \
  --advertise-client-urls "http://127.0.0.1:$client" --listen-peer-urls "http://127.0.0.1:$peer" \
  --initial-advertise-peer-urls "http://127.0.0.1:$peer" --initial-cluster "t=http://127.0.0.1:$peer" \
  --logger zap --log-level error --log-outputs stderr >"$work/etcd.log" 2>&1 &
pids+=($!)
openssl genrsa -out "$work/sa.key" 2048 2>/dev/null
openssl rsa -in "$work/sa.key" -pubout -out "$work/sa.pub" 2>/dev/null
echo "$token,admin,admin,\"system:masters\"" >"$work/tokens.csv"
"$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$client" --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
  --secure-port="$api" --cert-dir="$work/certs" --service-account-issuer=https://localhost \
  --service-account-key-file="$work/sa.pub" --service-account-signing-key-file="$work/sa.key" \
  --service-cluster-ip-range=10.0.0.0/24 --endpoint-reconciler-type=none --authorization-mode=RBAC \
  --token-auth-file="$work/tokens.csv" --disable-admission-plugins=ServiceAccount >"$work/api.log" 2>&1 &
pids+=($!)
for _ in $(seq 100); do
  curl -skf "https://127.0.0.1:$api/readyz" -H "Authorization: Bearer $token" >/dev/null && break
  sleep 0.2
done

helm() { "$bin/helm" --kube-apiserver "https://127.0.0.1:$api" --kube-token "$token" --kube-insecure-skip-tls-verify "$@"; }
# That which the chart made for the release small, as the API server has it.
internal_secret() {
  curl -skf "https://127.0.0.1:$api/api/v1/namespaces/small/secrets/small-sluice-internal" -H "Authorization: Bearer $token" |
    grep -o '"internal-secret": "[^"]*"'
}
for values in small production openshift autoscaling-hpa; do
  file=helm/sluice/ci/$values.yaml
  extra=()
  # No operator for these is there.
  [ "$values" != production ] || extra=(--set monitoring.podMonitor.enabled=false,monitoring.prometheusRule.enabled=false)
  helm install "$values" helm/sluice --namespace "$values" --create-namespace --values "$file" "${extra[@]}" >/dev/null
  [ "$values" != small ] || { first=$(internal_secret); [ ${#first} -gt 60 ]; }
  helm upgrade "$values" helm/sluice --namespace "$values" --values "$file" "${extra[@]}" --set settings.split-size=64MB >/dev/null
  helm list --namespace "$values" -o json | grep -q '"status":"deployed"'
  if [ "$values" = small ]; then
    [ "$(internal_secret)" = "$first" ] || { echo "the upgrade has made another internal secret"; exit 1; }
  fi
  helm uninstall "$values" --namespace "$values" >/dev/null
  echo "ok $values: installed, upgraded, uninstalled"
done
