#!/usr/bin/env bash
# Puts a region back to what ran before: images, settings and configuration of the last revision. Mail in spools stays where it is; docs/runbook.md
# (upgrade) says when there is no way back. kubectl is signed in to the region.
set -euo pipefail
kubectl --namespace ecstream rollout undo deployment/edge
kubectl --namespace ecstream rollout undo statefulset/silo
# A silo that never became ready blocks the way back of a StatefulSet: those of the refused revision are started anew, one by one.
for pod in $(kubectl --namespace ecstream get pods --selector app=silo --output json |
    jq --raw-output '.items[] | select(any(.status.conditions[]?; .type == "Ready" and .status != "True")) | .metadata.name'); do
    kubectl --namespace ecstream delete pod "$pod" --wait=true
done
kubectl --namespace ecstream rollout status statefulset/silo --timeout=45m
kubectl --namespace ecstream rollout status deployment/edge --timeout=15m
