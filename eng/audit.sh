#!/usr/bin/env bash
# Fails when a dependency has a known vulnerability, or when nobody could say: a registry without advisories is no proof that there are none.
#   audit.sh [REPORT.json]     REPORT: dotnet list package --vulnerable --include-transitive --format json
set -euo pipefail
cd "$(dirname "$0")/.."
report=${1:-$(mktemp)}
if [ $# -eq 0 ]; then
    trap 'rm -f "$report"' EXIT
    dotnet list package --vulnerable --include-transitive --format json > "$report"
fi

jq --exit-status '(.projects | length) > 0' "$report" > /dev/null || { echo "audit: the report names no project"; exit 1; }
problems=$(jq --raw-output '.problems[]? | "\(.level): \(.text)"' "$report")
if [ -n "$problems" ]; then
    echo "$problems"
    echo "audit: not everything could be looked at"
    exit 1
fi

found=$(jq --raw-output '
    .projects[] | .path as $project | .frameworks[]? | (.topLevelPackages // []) + (.transitivePackages // []) | .[]
    | . as $package | .vulnerabilities[]? | "\($project): \($package.id) \($package.resolvedVersion): \(.severity) \(.advisoryurl)"' "$report" | sort -u)
if [ -n "$found" ]; then
    echo "$found"
    echo "audit: $(wc -l <<< "$found") findings"
    exit 1
fi
echo "audit: no known vulnerability"
