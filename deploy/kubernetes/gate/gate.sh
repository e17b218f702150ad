#!/usr/bin/env bash
# Whether a region may be left alone after a deployment: everything rolled out and ready, each silo says so itself, no errors for some minutes.
#   gate.sh ECGRID_IMAGE METRICS_ENDPOINT [MINUTES]
# ECGRID_TOKEN: a token of the admin API. METRICS_TOKEN: one of Azure Monitor's Prometheus. kubectl is signed in to the region.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,4p' "$0" >&2; exit 2; }
image=$1 metrics=$2 minutes=${3:-10}
: "${ECGRID_TOKEN:?}" "${METRICS_TOKEN:?}"
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "Gate: $1" >&2; exit 1; }

# 1. Readiness, as Kubernetes sees it.
kubectl --namespace ecstream rollout status statefulset/silo --timeout=45m || fail "the silos are not rolled out"
kubectl --namespace ecstream rollout status deployment/edge --timeout=15m || fail "the edges are not rolled out"

# 2. Each silo, asked by ecgrid: listeners, cluster, spool, relay.
ask() {
    local silo=$1 pod=gate-$1 outcome=
    (umask 077 && printf '%s' "$ECGRID_TOKEN" > "$work/token")
    kubectl --namespace ecstream delete pod,secret "$pod" --ignore-not-found --wait=true > /dev/null
    kubectl --namespace ecstream create secret generic "$pod" --from-file=token="$work/token" > /dev/null
    sed -e "s|POD|$pod|; s|IMAGE|$image|; s|SILO|$silo|" "$here/pod.yaml" | kubectl apply --filename - > /dev/null
    for _ in $(seq 60); do
        outcome=$(kubectl --namespace ecstream get pod "$pod" --output 'jsonpath={.status.phase}')
        case $outcome in Succeeded | Failed) break ;; esac
        sleep 2
    done
    kubectl --namespace ecstream logs "$pod" || true
    kubectl --namespace ecstream delete pod,secret "$pod" --wait=false > /dev/null
    [ "$outcome" = Succeeded ] || fail "$silo: ecgrid status ended as ${outcome:-nothing}"
}
silos=$(kubectl --namespace ecstream get pods --selector app=silo --output 'jsonpath={.items[*].metadata.name}')
[ -n "$silos" ] || fail "there are no silos"
for silo in $silos; do ask "$silo"; done

# 3. The error metric, for some minutes. Metrics that do not come are no proof that nothing is wrong.
query() {
    curl --silent --show-error --fail-with-body --get --max-time 30 --data-urlencode "query=$1" \
        --header @<(printf 'Authorization: Bearer %s' "$METRICS_TOKEN") "$metrics/api/v1/query" | jq --exit-status --raw-output '.data.result[0].value[1] // "none"'
}
expected=$(wc -w <<< "$silos")
for minute in $(seq "$minutes"); do
    seen=$(query 'count(ecstream_spool_healthy)') || fail "the metrics cannot be asked"
    errors=$(query "$(cat "$here/errors.promql")") || fail "the metrics cannot be asked"
    echo "minute $minute of $minutes: $seen of $expected silos report, errors $errors"
    [ "$errors" = 0 ] || fail "errors: $errors, see errors.promql"
    if [ "$minute" -lt "$minutes" ]; then sleep 60; fi
done
[ "$seen" = "$expected" ] || fail "$seen of $expected silos report metrics"
echo "Gate: passed"
