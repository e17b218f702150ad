#!/usr/bin/env bash
# Writes region.env of an overlay from the outputs of deploy/bicep.
#   values.sh OUTPUTS.json SIZE REGION ENTRA_AUDIENCE SILO_IMAGE EDGE_IMAGE
# OUTPUTS.json: az deployment sub show --name NAME --query properties.outputs
set -euo pipefail
[ $# -eq 6 ] || { sed -n '2,4p' "$0" >&2; exit 2; }
outputs=$1 size=$2 region=$3 audience=$4 silo=$5 edge=$6
here=$(cd "$(dirname "$0")" && pwd)
target=$here/overlays/$size-$region/region/region.env
[ -f "$target" ] || { echo "There is no overlay $size-$region." >&2; exit 2; }
if grep -q 'example\.com' "$here/base/conf/gateway.conf"; then
    echo "base/conf/gateway.conf names no gateway of yours yet." >&2
    exit 1
fi

jq --exit-status --raw-output --arg region "$region" --arg audience "$audience" --arg silo "$silo" --arg edge "$edge" '
    def known: if . == null or . == "" then error("an output is missing") else . end;
    .policyUri.value as $policy | .tenantId.value as $tenant
    | [.regions.value[] | select(.location != $region) | .fallbackListener] as $others
    | (.regions.value[] | select(.location == $region))
    | {
        CLUSTER_ID: .location, TENANT_ID: $tenant, ENTRA_AUDIENCE: $audience,
        POLICY_URI: $policy, MEMBERSHIP_URI: .membershipUri, VAULT: .vault,
        SILO_CLIENT_ID: .siloClientId, EDGE_CLIENT_ID: .edgeClientId, ECGRID_CLIENT_ID: .ecgridClientId,
        INGRESS_GROUP: .resourceGroup, INGRESS_NAME: .ingressName,
        FALLBACK_ADDRESS: .fallbackAddress, FALLBACK_LISTENERS: ($others | map(known) | join(",")),
        SILO_IMAGE: $silo, EDGE_IMAGE: $edge
      }
    | to_entries[] | "\(.key)=\(.value | known)"' "$outputs" > "$target.new" || { rm -f "$target.new"; echo "$outputs lacks something of $region." >&2; exit 1; }
mv "$target.new" "$target"
