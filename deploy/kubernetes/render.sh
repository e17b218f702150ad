#!/usr/bin/env bash
# Writes what each overlay comes to: render.sh DIRECTORY. The structural tests hold it to the same rules as the base (ECSTREAM_RENDERED=DIRECTORY).
set -euo pipefail
[ $# -eq 1 ] || { sed -n 2p "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
for overlay in "$here"/overlays/*/; do
    kubectl kustomize "$overlay" > "$1/$(basename "$overlay").yaml"
done
