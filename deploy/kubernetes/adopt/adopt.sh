#!/usr/bin/env bash
# Starts a silo on the volume of one that is gone for good, with the image and configuration of those that run: adopt.sh CLAIM, such as data-silo-7.
# Its log says what is delivered. kubectl is signed in to the region.
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,3p' "$0" >&2; exit 2; }
claim=$1
here=$(cd "$(dirname "$0")" && pwd)
kubectl --namespace ecstream get persistentvolumeclaim "$claim" > /dev/null
if kubectl --namespace ecstream get pod "${claim#data-}" > /dev/null 2>&1; then
    echo "${claim#data-} is there and has its volume: nothing to adopt." >&2
    exit 1
fi

template='jsonpath={.spec.template.spec'
image=$(kubectl --namespace ecstream get statefulset silo --output "$template.containers[0].image}")
conf=$(kubectl --namespace ecstream get statefulset silo --output "$template.volumes[?(@.name==\"conf\")].configMap.name}")
sed -e "s|CLAIM|$claim|; s|IMAGE|$image|; s|CONF|$conf|" "$here/pod.yaml" | kubectl apply --filename -
kubectl --namespace ecstream wait pod "adopt-$claim" --for=condition=Ready --timeout=10m
